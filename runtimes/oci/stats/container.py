"""ContainerStats, ListContainerStats, StreamContainerStats.

Read from the cgroup's files, 0.1 ms a container. The writable layer's size needs a walk of its
files, so it is measured at most every ten seconds.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import stats
from runtimes.core.cri import usage
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import observe
from runtimes.oci.sandbox.list import has_labels

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


def container_stats(engine: Engine, container_id: str) -> cri.ContainerStats:
    """Tell what a running container uses.

    Raises:
        NotFound: no such container, or it isn't running.
    Source: CRI ContainerStats.
    """
    record = engine.containers.load(engine.containers.resolve(container_id))
    if not observe.is_running(engine, record):
        raise errors.NotFound(f"container '{record.id}' isn't running, so it uses nothing")
    return measure(engine, record)


def list_container_stats(
    engine: Engine, filter: cri.ContainerStatsFilter | None = None
) -> list[cri.ContainerStats]:
    """Tell it of all running containers that match; one that vanishes meanwhile is left out.

    Source: CRI ListContainerStats.
    """
    wanted = cri.ContainerStatsFilter() if filter is None else filter
    found = []
    for record in engine.containers.all(partial(_matches, wanted=wanted)):
        if observe.is_running(engine, record):
            with suppress(errors.NotFound):
                found.append(measure(engine, record))
    return found


def _matches(record: ContainerRecord, wanted: cri.ContainerStatsFilter) -> bool:
    if not record.id.startswith(wanted.id):
        return False
    if not record.sandbox_id.startswith(wanted.pod_sandbox_id):
        return False
    if not wanted.label_selector:
        return True
    labels = cri.ContainerConfig.FromString(record.config).labels
    return has_labels(labels, wanted.label_selector)


def measure(engine: Engine, record: ContainerRecord) -> cri.ContainerStats:
    """Read one container's cgroup and writable layer.

    Raises:
        NotFound: its cgroup is gone.
    """
    config = cri.ContainerConfig.FromString(record.config)
    used = stats.read(engine.cgroups, record.cgroup_path)
    return usage.container(record.id, config, used, _writable_layer(engine, record))


def _writable_layer(engine: Engine, record: ContainerRecord) -> cri.FilesystemUsage | None:
    folder = engine.containers.folder(record.id)
    used = engine.layer_usage.glance(folder / "upper")
    return None if used is None else usage.filesystem(used, folder)
