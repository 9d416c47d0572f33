"""Kill a command that runs in a container, with everything it started.

Its processes are the children's children of the one whose pid the runtime wrote down, and those
that were orphaned meanwhile but are still in its session: the runtime gives each exec one of its
own. The tree is stopped before it is read, so that nothing forks away in between. A daemon that
left both its parent and its session behind is part of the container, and ends with it.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from runtimes.oci.state.process import (
    Process,
    descendants,
    everyone,
    identify,
    stat,
    wait_gone,
)

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

_SECONDS = 5.0


def kill(runner: subprocess.Popen[bytes], pid_file: Path) -> None:
    """End the exec that `runner`, the runtime's program, has in hand."""
    roots = {runner.pid, *_leader(pid_file)}
    until = time.monotonic() + _SECONDS
    while found := _stopped(roots):
        for process in found:
            process.kill()
        runner.poll()
        if not wait_gone(found, max(0.0, until - time.monotonic())):
            break
        roots -= {runner.pid}
    runner.wait()


def _leader(pid_file: Path) -> set[int]:
    """The pid of the command itself; none when the runtime hasn't come so far."""
    try:
        return {int(pid_file.read_text())}
    except (OSError, ValueError):
        return set()


def _stopped(roots: set[int]) -> list[Process]:
    """Stop what can be seen until nothing new shows up, and give it all."""
    seen: dict[int, Process] = {}
    while True:
        fresh = [pid for pid in _tree(roots) if pid not in seen]
        found = [process for pid in fresh if (process := identify(pid)) is not None]
        if not found:
            return list(seen.values())
        for process in found:
            seen[process.pid] = process
            process.kill(signal.SIGSTOP)


def _tree(roots: set[int]) -> set[int]:
    processes = everyone()
    in_session = {process.pid for process in processes if process.session in roots}
    return descendants({pid for pid in roots if stat(pid)} | in_session, processes)
