"""Which cgroup a container lives in: no Engine says it.

It follows from the parent that the container was created with; where the Engine itself lives in a
cgroup of its own, the kernel knows, by the container's process.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runtimes.core.cgroup import layout as cgroup_layout
from runtimes.core.cgroup import member, tree
from runtimes.core.cgroup.paths import expand_slice

if TYPE_CHECKING:
    from runtimes.core.docker.processes import ProcessFinder
    from runtimes.core.docker.types import ContainerInspect

_SLICE = ".slice"


def cgroup_of(processes: ProcessFinder, found: ContainerInspect) -> str | None:
    """The cgroup of a running container, relative to the mounts; None when it isn't there."""
    if not found["State"]["Running"]:
        return None
    path = expected(found["HostConfig"].get("CgroupParent", ""), found["Id"])
    if tree.exists(cgroup_layout.detect(), path):
        return path
    process = processes.find(found["Id"], found["State"]["Pid"])
    asked = member.cgroup_of(process.pid) if process is not None else None
    return asked if asked and found["Id"] in PurePosixPath(asked).name else None


def expected(parent: str, container_id: str) -> str:
    """Where Docker puts it, by the kind of its parent. Pure."""
    if parent.endswith(_SLICE):
        return f"{expand_slice(parent)}/docker-{container_id}.scope"
    return str(PurePosixPath("/", parent or "docker", container_id))
