"""How much a folder takes on disk, measured now and then."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """Attributes:
    used_bytes: disk blocks, a hard-linked file counted once.
    timestamp_ns: when it was measured.
    """

    used_bytes: int
    inodes: int
    timestamp_ns: int


def measure(folder: Path, clock_ns: Callable[[], int] = time.time_ns) -> Usage:
    """Walk a folder; what vanishes meanwhile, or lies too deep to be named, isn't counted.

    Nor are other file systems that are mounted in it.
    """
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
    return Usage(total, inodes, clock_ns())


def _device(folder: Path) -> int:
    try:
        return folder.stat().st_dev
    except OSError:
        return -1


class UsageCache:
    """Measures a folder again only when the last answer is older than `max_age` seconds.

    Thread-safe.
    """

    def __init__(self, max_age: float = 10.0, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._max_age_ns = int(max_age * 1e9)
        self._clock_ns = clock_ns
        self._known: dict[Path, Usage] = {}
        self._lock = threading.Lock()

    def get(self, folder: Path) -> Usage:
        """Return the usage of `folder`, at most `max_age` old."""
        with self._lock:
            known = self._known.get(folder)
        if known is not None and self._is_recent(known):
            return known
        fresh = measure(folder, self._clock_ns)
        with self._lock:
            self._known = {path: one for path, one in self._known.items() if self._is_recent(one)}
            self._known[folder] = fresh
        return fresh

    def _is_recent(self, known: Usage) -> bool:
        return self._clock_ns() - known.timestamp_ns <= self._max_age_ns

    def forget(self, folder: Path) -> None:
        """Drop what is known of a removed folder."""
        with self._lock:
            self._known.pop(folder, None)
