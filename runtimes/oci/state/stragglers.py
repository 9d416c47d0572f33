"""Processes that a killed call left half-way: a monitor, a runtime, an init not yet released.

They are found by the id on their command lines, since nobody lived to write their pids down.
"""

from __future__ import annotations

import time

from runtimes.core.host.process import (
    descendants,
    everyone,
    identify,
    mentioning,
    wait_gone,
)

_SECONDS = 10.0


def find(object_id: str) -> set[int]:
    """The pids of everything that works on an object, children included."""
    return descendants(mentioning(object_id), everyone())


def kill(object_id: str) -> bool:
    """Kill them, again until none is left; False when some live on after ten seconds."""
    until = time.monotonic() + _SECONDS
    while pids := find(object_id):
        found = [process for pid in pids if (process := identify(pid)) is not None]
        for process in found:
            process.kill()
        left = until - time.monotonic()
        if left <= 0 or not wait_gone(found, left):
            return False
        if not found:  # only zombies, which nobody has collected yet
            return True
    return True
