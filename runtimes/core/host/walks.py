"""Walks of folders that nobody waits for: a few at a time, each in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)
AT_ONCE = 4


class Walks:
    """Thread-safe."""

    def __init__(self, walk: Callable[[Path], object]) -> None:
        self._walk = walk
        self._lock = threading.Lock()
        self._waiting: deque[Path] = deque()
        self._done: dict[Path, threading.Event] = {}
        self._walkers = 0

    def begin(self, folder: Path, patience: float) -> None:
        """Walk a folder, unless somebody is at it; wait `patience` seconds for the end of it.

        While all walkers are busy with others nobody waits, which bounds what many calls cost.
        """
        with self._lock:
            done = self._done.get(folder)
            if done is None:
                done = self._done[folder] = threading.Event()
                self._hand_out(folder)
            is_walked = folder not in self._waiting
        if is_walked:
            done.wait(patience)

    def _hand_out(self, folder: Path) -> None:
        if self._walkers == AT_ONCE:
            self._waiting.append(folder)
            return
        self._walkers += 1
        walker = threading.Thread(target=self._run, args=(folder,), name="walk", daemon=True)
        try:
            walker.start()
        except RuntimeError as error:  # The host's limit of threads; a later call may do better.
            log.warning("'%s' isn't measured now: %s", folder, error)
            self._walkers -= 1
            for skipped in (folder, *self._waiting):
                self._done.pop(skipped).set()
            self._waiting.clear()

    def _run(self, folder: Path) -> None:
        try:
            self._walk(folder)
        finally:
            with self._lock:
                self._done.pop(folder).set()
                self._walkers -= 1
                if self._waiting:
                    self._hand_out(self._waiting.popleft())
