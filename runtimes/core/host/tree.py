"""Kill a command with everything it started.

Its processes are the children's children of the roots, and those that were orphaned meanwhile but
are still in one of their sessions: runtimes give each command one of its own. The tree is stopped
before it is killed, so that nothing forks away in between.
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
    from collections.abc import Callable, Collection

_SECONDS = 5.0


def kill(
    roots: Collection[int], spared: Collection[int], reap: Callable[[], object] | None = None
) -> None:
    """End the processes `roots` with their trees and sessions, but for the sessions of `spared`.

    `reap` is called after each round, for who has children of its own among them.
    """
    sessions = _sessions(roots) - _sessions(spared)
    until = time.monotonic() + _SECONDS
    while found := _stopped(roots, sessions):
        for process in found:
            process.kill()
        if reap is not None:
            reap()
        if not wait_gone(found, max(0.0, until - time.monotonic())):
            break


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
