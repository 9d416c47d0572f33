"""How much a folder takes on disk, measured now and then."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.host.walks import Walks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """Attributes:
    used_bytes: disk blocks, a hard-linked file counted once.
    timestamp_ns: when it was measured.
    walk_ns: how long that took.
    """

    used_bytes: int
    inodes: int
    timestamp_ns: int
    walk_ns: int = 0


def measure(folder: Path, clock_ns: Callable[[], int] = time.time_ns) -> Usage:
    """Walk a folder; what vanishes meanwhile, or lies too deep to be named, isn't counted.

    Nor are other file systems that are mounted in it.
    """
    began_ns = clock_ns()
    total = inodes = 0
    device = _device(folder)
    linked: set[int] = set()
    todo = [os.fspath(folder)]
    while todo:
        try:
            entries = list(os.scandir(todo.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if status.st_dev != device:
                continue
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
            elif status.st_nlink > 1:
                if status.st_ino in linked:
                    continue
                linked.add(status.st_ino)
            total += status.st_blocks * 512
            inodes += 1
    now_ns = clock_ns()
    return Usage(total, inodes, now_ns, now_ns - began_ns)


def _device(folder: Path) -> int:
    try:
        return folder.stat().st_dev
    except OSError:
        return -1


PATIENCE = 0.05
"""Seconds that a glance waits for a walk; none for one that took longer the last time."""

_KEPT = 100
"""Times `max_age` after which what nobody asks for any more is forgotten."""


class UsageCache:
    """Measures a folder again only when the last answer is older than `max_age` seconds.

    Thread-safe.
    """

    def __init__(self, max_age: float = 10.0, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._max_age_ns = int(max_age * 1e9)
        self._clock_ns = clock_ns
        self._known: dict[Path, Usage] = {}
        self._lock = threading.Lock()
        self._walks = Walks(self.get)

    def get(self, folder: Path) -> Usage:
        """Return the usage of `folder`, at most `max_age` old; that may take as long as a walk."""
        known = self._last(folder)
        if known is not None and self._is_within(1, known):
            return known
        return self._measure(folder)

    def glance(self, folder: Path) -> Usage | None:
        """Return the same without waiting for a long walk, which goes on aside.

        So it may be older, and it is None until the first walk has ended. A folder that takes no
        time is measured before this returns.
        """
        known = self._last(folder)
        if known is not None and self._is_within(1, known):
            return known
        slow = known is not None and known.walk_ns > PATIENCE * 1e9
        self._walks.begin(folder, 0 if slow else PATIENCE)
        return self._last(folder)

    def _last(self, folder: Path) -> Usage | None:
        with self._lock:
            return self._known.get(folder)

    def _measure(self, folder: Path) -> Usage:
        fresh = measure(folder, self._clock_ns)
        with self._lock:
            self._known = {
                path: one for path, one in self._known.items() if self._is_within(_KEPT, one)
            }
            self._known[folder] = fresh
        return fresh

    def _is_within(self, times: int, known: Usage) -> bool:
        return self._clock_ns() - known.timestamp_ns <= times * self._max_age_ns

    def forget(self, folder: Path) -> None:
        """Drop what is known of a removed folder."""
        with self._lock:
            self._known.pop(folder, None)
