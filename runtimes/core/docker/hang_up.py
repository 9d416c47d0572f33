"""Tell a command that its terminal is gone, which no call of an Engine does.

Docker leaves a shell on a tty running for ever when its client goes away.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.docker.types import ExecInspect

PROC = Path("/proc")


def hang_up(found: ExecInspect) -> None:
    """Send SIGHUP to a command that runs on this host; one elsewhere isn't found."""
    pid = found.get("Pid") or 0
    if not found["Running"] or pid <= 0:
        return
    for process in _candidates(pid):
        if _is_command(process, pid, found["ContainerID"]):
            with suppress(OSError):
                os.kill(int(process.name), signal.SIGHUP)
            return


def _candidates(pid: int) -> Iterator[Path]:
    """An Engine in a pid namespace of its own counts otherwise than this host does."""
    yield PROC / str(pid)
    for process in PROC.iterdir():
        if process.name.isdigit():
            yield process


def _is_command(process: Path, pid: int, container_id: str) -> bool:
    """Its cgroup names the container, and one of its namespaces knows it by that number."""
    try:
        if container_id not in (process / "cgroup").read_text():
            return False
        status = (process / "status").read_text()
    except OSError:
        return False
    numbers = next((line for line in status.splitlines() if line.startswith("NSpid:")), "")
    return str(pid) in numbers.split()[1:-1] or process.name == str(pid)
