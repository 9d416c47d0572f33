"""Which cgroup a process is in.

Source: cgroups(7), proc(5).
"""

from __future__ import annotations

from pathlib import Path

from runtimes.core.cgroup.layout import UNIFIED, parse

_LIMITING = ("memory", "cpu", "pids", "cpuset")


def cgroup_of(pid: int, root: Path = Path("/")) -> str | None:
    """The cgroup whose limits hold for a process, relative to the mount points; None if it's gone.

    Raises:
        FailedPrecondition: no cgroup hierarchy is mounted.
    """
    try:
        membership = (root / f"proc/{pid}/cgroup").read_text()
    except OSError:
        return None
    layout = parse((root / "proc/self/mountinfo").read_text(), membership, root)
    names = [UNIFIED] if layout.is_v2 else [*_LIMITING, *layout.hierarchies]
    return next((layout.own[name] for name in names if name in layout.own), None)
