"""ListMetricDescriptors, ListPodSandboxMetrics, StreamPodSandboxMetrics.

Names, units and labels are those under which kubelet's /metrics/cadvisor has always shown them.
The CRI's values are whole numbers, so times are whole seconds.

Source: CRI ListPodSandboxMetrics; cAdvisor metrics/prometheus.go.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import oom, stats
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import observe
from runtimes.oci.sandbox import ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord, SandboxRecord

_SECOND = 1_000_000_000
_LABELS = ("id", "name", "image", "namespace", "pod", "container")


@dataclass(frozen=True, slots=True)
class Family:
    """One metric's description; `more` are the labels beside the usual ones."""

    name: str
    help: str
    kind: cri.MetricType.ValueType = cri.GAUGE
    more: tuple[str, ...] = ()


_CPU = Family("container_cpu_usage_seconds_total", "CPU time used, in seconds.", cri.COUNTER)
_MEMORY = Family("container_memory_usage_bytes", "Memory in use, caches included.")
_WORKING_SET = Family("container_memory_working_set_bytes", "Memory that can't be reclaimed.")
_RSS = Family("container_memory_rss", "Anonymous memory and swap cache, in bytes.")
_SWAP = Family("container_memory_swap", "Swap in use, in bytes.")
_FAULTS = Family(
    "container_memory_failures_total", "Page faults.", cri.COUNTER, ("failure_type", "scope")
)
_LIMIT = Family("container_spec_memory_limit_bytes", "Memory limit; 0 is none.")
_THREADS = Family("container_threads", "Threads that exist.")
_READ = Family("container_fs_reads_bytes_total", "Bytes read from devices.", cri.COUNTER)
_WRITTEN = Family("container_fs_writes_bytes_total", "Bytes written to devices.", cri.COUNTER)
_FILES = Family("container_fs_usage_bytes", "Bytes that the writable layer takes.")
_OOM = Family("container_oom_events_total", "Processes killed for lack of memory.", cri.COUNTER)
_START = Family("container_start_time_seconds", "When it started, in seconds since the epoch.")
_SEEN = Family("container_last_seen", "When it was last looked at, in seconds since the epoch.")
_NETWORK = {
    f"{way}_{what}": Family(
        f"container_network_{name}_{what}_total",
        f"Network {what} {'received' if way == 'rx' else 'sent'}.",
        cri.COUNTER,
        ("interface",),
    )
    for way, name in (("rx", "receive"), ("tx", "transmit"))
    for what in ("bytes", "packets", "errors")
}
FAMILIES = (
    *(_CPU, _MEMORY, _WORKING_SET, _RSS, _SWAP, _FAULTS, _LIMIT, _THREADS),
    *(_READ, _WRITTEN, _FILES, _OOM, _START, _SEEN),
    *_NETWORK.values(),
)


def list_metric_descriptors() -> list[cri.MetricDescriptor]:
    """Name the metrics. Source: CRI ListMetricDescriptors."""
    return [
        cri.MetricDescriptor(
            name=family.name, help=family.help, label_keys=(*_LABELS, *family.more)
        )
        for family in FAMILIES
    ]


def list_pod_sandbox_metrics(engine: Engine) -> list[cri.PodSandboxMetrics]:
    """Measure all READY pods and their running containers; what vanishes meanwhile is left out.

    Source: CRI ListPodSandboxMetrics.
    """
    found = []
    for record in engine.sandboxes.all():
        if ready.is_ready(engine, record):
            with suppress(errors.NotFound):
                found.append(_pod(engine, record))
    return found


def _pod(engine: Engine, record: SandboxRecord) -> cri.PodSandboxMetrics:
    containers = []
    for container in engine.containers_of(record.id):
        if observe.is_running(engine, container):
            with suppress(errors.NotFound):
                metrics = _container(engine, record, container)
                containers.append(cri.ContainerMetrics(container_id=container.id, metrics=metrics))
    return cri.PodSandboxMetrics(
        pod_sandbox_id=record.id,
        metrics=_network(engine, record),
        container_metrics=containers,
    )


def _network(engine: Engine, record: SandboxRecord) -> list[cri.Metric]:
    """The pod's own interfaces; nothing with the host's network."""
    if not record.netns_inode:
        return []
    now = time.time_ns()
    labels = (record.cgroup_parent, record.id, "", record.namespace, record.name, "")
    return [
        _metric(family, getattr(interface, field), now, (*labels, interface.name))
        for interface in engine.network.statistics(engine.paths.pin(record.id, "net"))
        for field, family in _NETWORK.items()
    ]


def _container(engine: Engine, sandbox: SandboxRecord, record: ContainerRecord) -> list[cri.Metric]:
    image = cri.ContainerConfig.FromString(record.config).image.image
    place = (record.cgroup_path, record.id, image)
    labels = (*place, sandbox.namespace, sandbox.name, record.name)
    used = stats.read(engine.cgroups, record.cgroup_path)
    now = used.timestamp_ns
    values: dict[Family, int] = {
        **_usage(used),
        _FILES: engine.layer_usage.get(engine.containers.folder(record.id) / "upper").used_bytes,
        _OOM: oom.oom_kills(engine.cgroups, record.cgroup_path),
        _START: record.started_at_ns // _SECOND,
        _SEEN: now // _SECOND,
    }
    return [
        *(_metric(family, value, now, labels) for family, value in values.items()),
        *(_metric(_FAULTS, value, now, (*labels, *more)) for more, value in _faults(used)),
    ]


def _usage(used: stats.CgroupStats) -> Mapping[Family, int]:
    """What the cgroup tells; what its controllers don't is left out. Pure."""
    found: dict[Family, int] = {}
    if used.cpu_ns is not None:
        found[_CPU] = used.cpu_ns // _SECOND
    if used.pids is not None:
        found[_THREADS] = used.pids
    if used.memory is not None:
        found[_MEMORY] = used.memory.usage_bytes
        found[_WORKING_SET] = used.memory.working_set_bytes
        found[_RSS] = used.memory.rss_bytes
        found[_SWAP] = used.memory.swap_bytes
        found[_LIMIT] = used.memory.limit_bytes or 0
    if used.io is not None:
        found[_READ] = used.io.read_bytes
        found[_WRITTEN] = used.io.written_bytes
    return found


def _faults(used: stats.CgroupStats) -> Iterator[tuple[tuple[str, str], int]]:
    if used.memory is not None:
        yield ("pgfault", "container"), used.memory.page_faults
        yield ("pgmajfault", "container"), used.memory.major_page_faults


def _metric(family: Family, value: int, now: int, labels: tuple[str, ...]) -> cri.Metric:
    return cri.Metric(
        name=family.name,
        timestamp=now,
        metric_type=family.kind,
        label_values=labels,
        value=cri.UInt64Value(value=value),
    )
