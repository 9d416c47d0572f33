"""Kill a command that runs in a container, with everything it started.

A daemon that left both its parent and its session behind is part of the container, and ends with
it.
"""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core.host import tree

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.host.process import Process


_REAPING = 5.0
"""Seconds that the runtime gets to reap the command, its child, before it is killed too."""


def kill(runner: subprocess.Popen[bytes], pid_file: Path, init: Process | None) -> None:
    """End the exec that `runner`, the runtime's program, has in hand; `init` is the container's.

    The command goes first: without its parent, it would stay a zombie below an init that reaps
    nothing.
    """
    spared = (init.pid,) if init else ()
    if leader := _leader(pid_file):
        tree.kill(leader, spared)
        with suppress(subprocess.TimeoutExpired):
            runner.wait(_REAPING)
    tree.kill({runner.pid}, spared, runner.poll)
    runner.wait()


def _leader(pid_file: Path) -> set[int]:
    """The pid of the command itself; none when the runtime hasn't come so far."""
    try:
        return {int(pid_file.read_text())}
    except (OSError, ValueError):
        return set()
