"""PodSandboxStats, ListPodSandboxStats, StreamPodSandboxStats."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.cni import usage as interfaces
from runtimes.core import errors
from runtimes.core.cgroup import layout as cgroup_layout
from runtimes.core.cgroup import stats
from runtimes.core.cgroup.paths import pod_path
from runtimes.core.cri import usage
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.container.list import has_labels, summary
from runtimes.dockershim.sandbox import find
from runtimes.dockershim.sandbox.ready import is_ready, netns_of
from runtimes.dockershim.state.record import NetworkState
from runtimes.dockershim.stats import container
from runtimes.dockershim.stats.sum import total

if TYPE_CHECKING:
    from runtimes.cni.network import InterfaceStatistics
    from runtimes.dockershim.engine import Engine
    from runtimes.dockershim.state.record import SandboxRecord


def pod_sandbox_stats(engine: Engine, pod_sandbox_id: str) -> cri.PodSandboxStats:
    """Tell what a pod uses as a whole, its network included.

    Raises:
        NotFound: no such sandbox, or it isn't READY.
    Source: CRI PodSandboxStats.
    """
    found = find.one(engine, pod_sandbox_id)
    if found.record is None or not is_ready(engine, found.record, found.summary):
        raise errors.NotFound(f"sandbox '{found.id}' isn't ready, so it uses nothing")
    return measure(engine, found.record)


def list_pod_sandbox_stats(
    engine: Engine, filter: cri.PodSandboxStatsFilter | None = None
) -> list[cri.PodSandboxStats]:
    """Tell it of all READY sandboxes that match; one that vanishes meanwhile is left out.

    Source: CRI ListPodSandboxStats.
    """
    wanted = cri.PodSandboxStatsFilter() if filter is None else filter
    measured = []
    for found in find.every(engine):
        record = found.record
        if record is None or not found.id.startswith(wanted.id):
            continue
        labels = cri.PodSandboxConfig.FromString(record.config).labels
        if has_labels(labels, wanted.label_selector) and is_ready(engine, record, found.summary):
            with suppress(errors.NotFound):
                measured.append(measure(engine, record))
    return measured


def measure(engine: Engine, record: SandboxRecord) -> cri.PodSandboxStats:
    """Read the pod's cgroup, or its containers' where it has none, and its network.

    Raises:
        NotFound: it is gone.
    """
    config = cri.PodSandboxConfig.FromString(record.config)
    wanted = cri.ContainerStatsFilter(pod_sandbox_id=record.sandbox_id)
    return usage.pod(
        record.sandbox_id,
        config,
        _cgroup(engine, record, config.linux.cgroup_parent),
        network=_network(record),
        containers=container.list_container_stats(engine, wanted),
    )


def _cgroup(engine: Engine, record: SandboxRecord, parent: str) -> stats.CgroupStats:
    layout = cgroup_layout.detect()
    if parent:
        with suppress(errors.NotFound):
            return stats.read(layout, pod_path(parent, record.sandbox_id))
    parts = [container.read(engine, engine.cache.inspect(record.sandbox_id))]
    for one in engine.cache.containers():
        found = summary(one)
        if found is not None and found.pod_sandbox_id == record.sandbox_id:
            with suppress(errors.NotFound):
                parts.append(container.read(engine, engine.cache.inspect(found.id)))
    return total(parts, time.time_ns())


def _network(record: SandboxRecord) -> cri.NetworkUsage | None:
    """None with the host's network."""
    if record.network is NetworkState.HOST or record.pause is None:
        return None
    return interfaces.network(interfaces_of(record), time.time_ns())


def interfaces_of(record: SandboxRecord) -> tuple[InterfaceStatistics, ...]:
    """The counters of the pod's own interfaces; it has none with the host's network.

    Raises:
        NotFound: its network namespace is gone.
    """
    if record.network is NetworkState.HOST or record.pause is None:
        return ()
    from runtimes.cni import statistics

    return statistics.read(netns_of(record.pause.pid))
