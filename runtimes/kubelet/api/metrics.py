"""``/metrics`` and ``/metrics/resource`` in Prometheus' text format, under kubelet's names.

Source: kubelet pkg/kubelet/metrics/metrics.go, metrics/collectors/resource_metrics.go; Prometheus,
"Exposition formats", text format 0.0.4.
"""

from __future__ import annotations

import os
import resource
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.host.process import identify
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.api.node import boot_seconds
from runtimes.kubelet.status.times import parse_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.api.usage import Sample
    from runtimes.kubelet.events import Event

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples, each with labels."""

    name: str
    kind: str
    about: str
    samples: Sequence[tuple[Mapping[str, str], float]]


class EventCounts:
    """Counts events by reason; a Recorder. Thread-safe."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, bool]] = Counter()
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._counts[event.reason.value, event.warning] += 1

    def metrics(self) -> list[Metric]:
        """Containers that were started, and all events."""
        with self._lock:
            counts = dict(self._counts)
        rows = [
            ({"reason": reason, "type": "Warning" if warning else "Normal"}, count)
            for (reason, warning), count in sorted(counts.items())
        ]
        started = counts.get(("Started", False), 0)
        return [
            Metric(
                "kubelet_started_containers_total",
                "counter",
                "Containers that this agent has started.",
                [({}, started)],
            ),
            Metric("runtimes_events_total", "counter", "Events of pods, by reason.", rows),
        ]


def of_pods(
    node_name: str, recorded: Sequence[v1.Pod], found: Sequence[RunningPod]
) -> list[Metric]:
    """How many pods and containers there are."""
    states = Counter(one.state for pod in found for one in pod.containers)
    running = sum(
        any(one.state is ContainerState.RUNNING for one in pod.containers) for pod in found
    )
    phases = Counter(pod.status.phase for pod in recorded if pod.status)
    return [
        Metric("kubelet_node_name", "gauge", "Always 1.", [({"node": node_name}, 1)]),
        Metric("kubelet_desired_pods", "gauge", "Pods on record.", [({}, len(recorded))]),
        Metric("kubelet_running_pods", "gauge", "Pods of which something runs.", [({}, running)]),
        Metric(
            "kubelet_running_containers",
            "gauge",
            "Containers by state.",
            [({"container_state": state.value}, states[state]) for state in ContainerState],
        ),
        Metric(
            "runtimes_pods",
            "gauge",
            "Pods on record, by phase.",
            [({"phase": phase}, count) for phase, count in sorted(phases.items())],
        ),
    ]


def of_process() -> list[Metric]:
    """What this process uses."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = identify(os.getpid())
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no path to speak of
        resident = int(file.read().split()[1]) * _PAGE
    ticks = found.start_ticks if found else 0
    started = boot_seconds() + ticks / os.sysconf("SC_CLK_TCK")
    cpu = used.ru_utime + used.ru_stime
    return [
        Metric("process_cpu_seconds_total", "counter", "CPU time.", [({}, cpu)]),
        Metric("process_resident_memory_bytes", "gauge", "Resident memory.", [({}, resident)]),
        Metric("process_start_time_seconds", "gauge", "Since the epoch.", [({}, started)]),
    ]


def of_resources(sample: Sample, pods: Iterable[v1.Pod]) -> list[Metric]:
    """What containers and pods use."""
    usages = sorted(sample.containers.values(), key=lambda one: (one.pod_namespace, one.pod_name))
    labels = {
        one.id: {"container": one.name, "pod": one.pod_name, "namespace": one.pod_namespace}
        for one in usages
    }
    cpu = [
        (labels[one.id], one.cpu_usage_ns / 1e9) for one in usages if one.cpu_usage_ns is not None
    ]
    memory = [
        (labels[one.id], float(one.memory_working_set_bytes))
        for one in usages
        if one.memory_working_set_bytes is not None
    ]
    node = sample.node
    node_memory = node.memory_total_bytes - node.memory_available_bytes
    return [
        Metric("container_cpu_usage_seconds_total", "counter", "CPU time.", cpu),
        Metric("container_memory_working_set_bytes", "gauge", "Working set.", memory),
        Metric("container_start_time_seconds", "gauge", "Since the epoch.", list(_starts(pods))),
        Metric("pod_cpu_usage_seconds_total", "counter", "CPU time.", _by_pod(cpu)),
        Metric("pod_memory_working_set_bytes", "gauge", "Working set.", _by_pod(memory)),
        Metric("node_cpu_usage_seconds_total", "counter", "CPU time.", [({}, node.cpu_ns / 1e9)]),
        Metric("node_memory_working_set_bytes", "gauge", "Working set.", [({}, node_memory)]),
        Metric("resource_scrape_error", "gauge", "1 if this couldn't be told.", [({}, 0)]),
    ]


def _starts(pods: Iterable[v1.Pod]) -> Iterator[tuple[Mapping[str, str], float]]:
    for pod in pods:
        for one in pod.status.container_statuses if pod.status else ():
            started = one.state.running and parse_seconds(one.state.running.started_at)
            if started:
                meta = pod.metadata
                labels = {"container": one.name, "pod": meta.name, "namespace": meta.namespace}
                yield labels, started


def _by_pod(
    rows: Iterable[tuple[Mapping[str, str], float]],
) -> list[tuple[Mapping[str, str], float]]:
    sums: dict[tuple[str, str], float] = {}
    for labels, value in rows:
        key = (labels["pod"], labels["namespace"])
        sums[key] = sums.get(key, 0.0) + value
    return [({"pod": pod, "namespace": space}, value) for (pod, space), value in sums.items()]


def exposition(metrics: Iterable[Metric]) -> str:
    """Write them."""
    return "".join(line + "\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.about}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for labels, value in metric.samples:
        inside = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{{{inside}}} {value!r}" if inside else f"{metric.name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
