"""PodSandboxStats, ListPodSandboxStats, StreamPodSandboxStats."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.cni import usage as interfaces
from runtimes.core import errors
from runtimes.core.cgroup import stats
from runtimes.core.cri import usage
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.sandbox import ready
from runtimes.oci.sandbox.list import has_labels
from runtimes.oci.stats import container

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import SandboxRecord


def pod_sandbox_stats(engine: Engine, pod_sandbox_id: str) -> cri.PodSandboxStats:
    """Tell what a pod uses as a whole, its network included.

    Raises:
        NotFound: no such sandbox, or it isn't READY.
    Source: CRI PodSandboxStats.
    """
    record = engine.sandboxes.load(engine.sandboxes.resolve(pod_sandbox_id))
    if not ready.is_ready(engine, record):
        raise errors.NotFound(f"sandbox '{record.id}' isn't ready, so it uses nothing")
    return measure(engine, record)


def list_pod_sandbox_stats(
    engine: Engine, filter: cri.PodSandboxStatsFilter | None = None
) -> list[cri.PodSandboxStats]:
    """Tell it of all READY sandboxes that match; one that vanishes meanwhile is left out.

    Source: CRI ListPodSandboxStats.
    """
    wanted = cri.PodSandboxStatsFilter() if filter is None else filter
    found = []
    for record in engine.sandboxes.all():
        if record.id.startswith(wanted.id) and ready.is_ready(engine, record):
            labels = cri.PodSandboxConfig.FromString(record.config).labels
            if has_labels(labels, wanted.label_selector):
                with suppress(errors.NotFound):
                    found.append(measure(engine, record))
    return found


def measure(engine: Engine, record: SandboxRecord) -> cri.PodSandboxStats:
    """Read the pod's cgroup, which its first container makes, its containers' and its network.

    Raises:
        NotFound: its network namespace is gone.
    """
    config = cri.PodSandboxConfig.FromString(record.config)
    wanted = cri.ContainerStatsFilter(pod_sandbox_id=record.id)
    return usage.pod(
        record.id,
        config,
        _cgroup(engine, record),
        network=_network(engine, record),
        containers=container.list_container_stats(engine, wanted),
    )


def _cgroup(engine: Engine, record: SandboxRecord) -> stats.CgroupStats:
    try:
        return stats.read(engine.cgroups, record.cgroup_parent)
    except errors.NotFound:
        return stats.CgroupStats(time.time_ns(), cpu_ns=0, memory=None, pids=0, io=None)


def _network(engine: Engine, record: SandboxRecord) -> cri.NetworkUsage | None:
    """The pod's own interfaces; None with the host's network."""
    if not record.netns_inode:
        return None
    found = engine.network.statistics(engine.paths.pin(record.id, "net"))
    return interfaces.network(found, time.time_ns())
