"""Whether the kernel's OOM killer struck a container.

Source: cgroup-v1/memory.txt (memory.oom_control), cgroup-v2.txt (memory.events).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.core.cgroup.layout import Layout

SIGKILLED = 137


def oom_kills(layout: Layout, path: str) -> int:
    """How many processes of the cgroup and below were killed; 0 once it is removed.

    The count stays readable after the last process has ended, until the cgroup is removed.
    """
    directory = layout.directory("memory", path)
    if directory is None:
        return 0
    name = "memory.events" if layout.is_v2 else "memory.oom_control"
    try:
        lines = (directory / name).read_text().splitlines()
    except OSError:
        return 0
    counts = dict(line.split() for line in lines)
    return int(counts.get("oom_kill", 0))


def was_oom_killed(exit_code: int, kills: int) -> bool:
    """Whether a container's end deserves the reason ``OOMKilled``.

    A killed child whose container then ended by itself counts as a kill, but the container wasn't
    killed: only the exit code of SIGKILL makes it so.
    """
    return exit_code == SIGKILLED and kills > 0
