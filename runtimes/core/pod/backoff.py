"""Exponential waits per key, reset when a key has been quiet long enough.

Source: client-go util/flowcontrol/backoff.go, as kubelet uses it.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

INITIAL = 10.0
LIMIT = 300.0


@dataclass(frozen=True, slots=True)
class _Entry:
    wait: float
    updated: float
    why: str


class Backoff:
    """Waits of 10, 20, 40 ... 300 seconds; forgotten after twice the limit of quiet.

    Times are seconds since the epoch, as containers' finish times are. Thread-safe.
    """

    def __init__(
        self,
        *,
        initial: float = INITIAL,
        limit: float = LIMIT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._initial = initial
        self._limit = limit
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def advance(self, key: str, event_time: float | None = None, *, why: str = "") -> None:
        """Note a failure of `key`: double its wait, or begin anew after enough quiet."""
        now = self._clock()
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or self._expired(entry, now if event_time is None else event_time):
                wait = self._initial
            else:
                wait = min(entry.wait * 2, self._limit)
            self._entries[key] = _Entry(wait, now, why)

    def wait_since(self, key: str, event_time: float) -> float:
        """Seconds still to wait when the last failure ended at `event_time`; 0 when free to go."""
        with self._lock:
            entry = self._entries.get(key)
        if entry is None or self._expired(entry, event_time):
            return 0.0
        return max(0.0, event_time + entry.wait - self._clock())

    def wait_since_update(self, key: str) -> float:
        """Seconds still to wait, counted from the last `advance`."""
        with self._lock:
            entry = self._entries.get(key)
        if entry is None or self._expired(entry, self._clock()):
            return 0.0
        return max(0.0, entry.updated + entry.wait - self._clock())

    def wait_of(self, key: str) -> float:
        """The whole wait that `key` has now, 0 if none."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.wait if entry else 0.0

    def why(self, key: str) -> str:
        """What was said of the last failure of `key`."""
        with self._lock:
            entry = self._entries.get(key)
        return entry.why if entry else ""

    def forget(self, key: str) -> None:
        with self._lock:
            self._entries.pop(key, None)

    def sweep(self) -> None:
        """Drop entries that have been quiet for twice the limit."""
        now = self._clock()
        with self._lock:
            self._entries = {k: e for k, e in self._entries.items() if not self._expired(e, now)}

    def _expired(self, entry: _Entry, event_time: float) -> bool:
        return event_time - entry.updated > 2 * self._limit
