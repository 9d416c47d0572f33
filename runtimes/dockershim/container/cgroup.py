"""Which cgroup a container lives in, asked of the kernel: no Engine says it."""

from __future__ import annotations

from pathlib import PurePosixPath

from runtimes.core.cgroup import member


def cgroup_of(pid: int, container_id: str) -> str | None:
    """The cgroup of a container's process, relative to the mount points; None when it is gone.

    A pid that meanwhile is another's is found out: the cgroup bears the container's id.
    """
    found = member.cgroup_of(pid) if pid > 0 else None
    return found if found and container_id in PurePosixPath(found).name else None
