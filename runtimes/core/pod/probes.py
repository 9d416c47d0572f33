"""What probes have found, as values that a decision is made from.

Source: kubelet pkg/kubelet/prober/results.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ProbeResult(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResults:
    """The newest results by container id; a container without one has no such probe."""

    liveness: Mapping[str, ProbeResult] = field(default_factory=dict)
    readiness: Mapping[str, ProbeResult] = field(default_factory=dict)
    startup: Mapping[str, ProbeResult] = field(default_factory=dict)

    def started(self, container_id: str) -> bool:
        """Its startup probe, if it has one, has succeeded."""
        return self.startup.get(container_id, ProbeResult.SUCCESS) is ProbeResult.SUCCESS

    def ready(self, container_id: str) -> bool:
        """It has started, and its readiness probe, if it has one, succeeds."""
        ready = self.readiness.get(container_id, ProbeResult.SUCCESS)
        return self.started(container_id) and ready is ProbeResult.SUCCESS


NO_PROBES = ProbeResults()
