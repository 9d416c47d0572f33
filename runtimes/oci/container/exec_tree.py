"""Kill a command that runs in a container, with everything it started.

Its processes are the children's children of the one whose pid the runtime wrote down, and those
that were orphaned meanwhile but are still in its session: the runtimes give each exec one of its
own. The tree is stopped before it is killed, so that nothing forks away in between. A daemon that
left both its parent and its session behind is part of the container, and ends with it.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from runtimes.core.host.process import (
    Process,
    descendants,
    everyone,
    identify,
    stat,
    wait_gone,
)

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Collection
    from pathlib import Path

_SECONDS = 5.0


def kill(runner: subprocess.Popen[bytes], pid_file: Path, init: Process | None) -> None:
    """End the exec that `runner`, the runtime's program, has in hand; `init` is the container's."""
    roots = {runner.pid, *_leader(pid_file)}
    sessions = _sessions(roots) - _sessions({init.pid} if init else ())
    until = time.monotonic() + _SECONDS
    while found := _stopped(roots, sessions):
        for process in found:
            process.kill()
        runner.poll()
        if not wait_gone(found, max(0.0, until - time.monotonic())):
            break
    runner.wait()


def _leader(pid_file: Path) -> set[int]:
    """The pid of the command itself; none when the runtime hasn't come so far."""
    try:
        return {int(pid_file.read_text())}
    except (OSError, ValueError):
        return set()


def _sessions(pids: Collection[int]) -> set[int]:
    return {found.session for pid in pids if (found := stat(pid)) is not None}


def _stopped(roots: Collection[int], sessions: Collection[int]) -> list[Process]:
    """Stop what can be seen until nothing new shows up, and give it all."""
    seen: dict[int, Process] = {}
    while True:
        fresh = [pid for pid in _tree(roots, sessions) if pid not in seen]
        found = [process for pid in fresh if (process := identify(pid)) is not None]
        if not found:
            return list(seen.values())
        for process in found:
            seen[process.pid] = process
            process.kill(signal.SIGSTOP)


def _tree(roots: Collection[int], sessions: Collection[int]) -> set[int]:
    processes = everyone()
    alive = {process.pid for process in processes if process.pid in roots}
    orphans = {process.pid for process in processes if process.session in sessions}
    return descendants(alive | orphans, processes)
