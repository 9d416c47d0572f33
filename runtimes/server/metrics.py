"""What was served, counted and timed, and told in Prometheus' text format.

Source: Prometheus, "Exposition formats", text format 0.0.4. Names follow kubelet's
kubelet_runtime_operations_*.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class Histogram:
    """How long calls took, in seconds."""

    counts: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    count: int = 0
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        self.count += 1
        self.total += seconds
        for index, limit in enumerate(BUCKETS):
            if seconds <= limit:
                self.counts[index] += 1

    def lines(self, name: str, labels: Mapping[str, str]) -> Iterator[str]:
        for limit, count in zip(BUCKETS, self.counts, strict=True):
            yield _sample(f"{name}_bucket", {**labels, "le": f"{limit:g}"}, count)
        yield _sample(f"{name}_bucket", {**labels, "le": "+Inf"}, self.count)
        yield _sample(f"{name}_sum", labels, self.total)
        yield _sample(f"{name}_count", labels, self.count)


class Metrics:
    """Used on the event loop only."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str, str]] = Counter()
        self._seconds: dict[str, Histogram] = defaultdict(Histogram)

    def answered(self, package: str, rpc: str, code: str, seconds: float) -> None:
        """Count a call that ended with gRPC's `code` after so many seconds."""
        self._answers[package, rpc, code] += 1
        self._seconds[rpc].observe(seconds)

    def text(self, gauges: Iterable[tuple[str, str, Mapping[str, str], float]]) -> str:
        """Everything, with `gauges` as (name, help, labels, value) of now; same names together."""
        lines = [
            "# HELP runtimes_server_requests_total RPCs that ended, by gRPC code.",
            "# TYPE runtimes_server_requests_total counter",
        ]
        for (package, rpc, code), count in sorted(self._answers.items()):
            whose = {"package": package, "rpc": rpc, "code": code}
            lines.append(_sample("runtimes_server_requests_total", whose, count))
        lines += [
            "# HELP runtimes_server_request_seconds How long RPCs took.",
            "# TYPE runtimes_server_request_seconds histogram",
        ]
        for rpc, histogram in sorted(self._seconds.items()):
            lines += histogram.lines("runtimes_server_request_seconds", {"rpc": rpc})
        described: set[str] = set()
        for name, about, labels, value in gauges:
            if name not in described:
                lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
                described.add(name)
            lines.append(_sample(name, labels, value))
        return "\n".join(lines) + "\n"


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escape(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:g}"


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
