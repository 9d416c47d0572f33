"""ContainerStats, ListContainerStats, StreamContainerStats.

Read from the cgroup's files; the Engine is asked for nothing that it hasn't said before. The
writable layer's size needs a walk of its files, so it is measured at most every ten seconds, aside
where that takes long: the size is then an older one, and missing until the first walk has ended.

Source: moby/moby#39664, Mirantis/cri-dockerd#121 (what it costs to ask the Engine).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import layout as cgroup_layout
from runtimes.core.cgroup import stats
from runtimes.core.cri import usage
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.cgroup import cgroup_of
from runtimes.dockershim.container import find
from runtimes.dockershim.container.list import has_labels, summary

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.dockershim.engine import Engine


def container_stats(engine: Engine, container_id: str) -> cri.ContainerStats:
    """Tell what a running container uses.

    Raises:
        NotFound: no such container, or it isn't running.
    Source: CRI ContainerStats.
    """
    found = summary(find.find(engine, container_id))
    if found is None or found.state != cri.CONTAINER_RUNNING:
        raise errors.NotFound(f"container '{container_id}' isn't running, so it uses nothing")
    return measure(engine, found)


def list_container_stats(
    engine: Engine, filter: cri.ContainerStatsFilter | None = None
) -> list[cri.ContainerStats]:
    """Tell it of all running containers that match; one that vanishes meanwhile is left out.

    Source: CRI ListContainerStats.
    """
    wanted = cri.ContainerStatsFilter() if filter is None else filter
    measured = []
    for found in map(summary, engine.cache.containers()):
        if found is not None and _matches(found, wanted):
            with suppress(errors.NotFound):
                measured.append(measure(engine, found))
    return measured


def _matches(found: cri.Container, wanted: cri.ContainerStatsFilter) -> bool:
    return (
        found.state == cri.CONTAINER_RUNNING
        and found.id.startswith(wanted.id)
        and found.pod_sandbox_id.startswith(wanted.pod_sandbox_id)
        and has_labels(found.labels, wanted.label_selector)
    )


def measure(engine: Engine, found: cri.Container) -> cri.ContainerStats:
    """Read one container's cgroup and writable layer.

    Raises:
        NotFound: it is gone, or its cgroup is.
    """
    inspected = engine.cache.inspect(found.id)
    used = read(engine, inspected)
    return usage.container(found.id, found, used, _writable_layer(engine, inspected))


def read(engine: Engine, found: ContainerInspect) -> stats.CgroupStats:
    """Read the cgroup of a container, pause containers included.

    Raises:
        NotFound: it is gone.
    """
    cgroup = cgroup_of(engine.processes, found)
    if cgroup is None:
        raise errors.NotFound(f"container '{found['Id']}' has ended, so it uses nothing")
    return stats.read(cgroup_layout.detect(), cgroup)


def _writable_layer(engine: Engine, found: ContainerInspect) -> cri.FilesystemUsage | None:
    layer = written_to(found)
    used = None if layer is None else engine.usage.glance(layer)
    return None if layer is None or used is None else usage.filesystem(used, layer)


def written_to(found: ContainerInspect) -> Path | None:
    """The folder of what a container wrote; None for storage drivers without one. Pure."""
    driver = found.get("GraphDriver")
    upper = (driver["Data"] or {}).get("UpperDir", "") if driver else ""
    return Path(upper) if upper else None
