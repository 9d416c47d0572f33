"""Events for those who listen: a queue each."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.docker.types import Event

_LOOK = 0.5
"""Seconds between two looks at whether a listener's caller has given up."""


class Subscription:
    """What one listener hasn't heard yet."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def put(self, event: Event | None) -> None:
        """Tell an event, or None: the Engine went away, and events were missed."""
        self._queue.put(event)

    def next(self) -> Event:
        """Wait for the next one.

        Raises:
            Unavailable: events were missed; list anew.
            DeadlineExceeded, Canceled: the caller's time is up.
        """
        while True:
            deadline.check("wait for events")
            try:
                event = self._queue.get(timeout=deadline.remaining(_LOOK))
            except queue.Empty:
                continue
            if event is None:
                raise errors.Unavailable("wait for events: the Engine went away; list anew")
            return event


class Feed:
    """Hands events to every subscription. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listening: set[Subscription] = set()

    @contextmanager
    def subscribed(self) -> Iterator[Subscription]:
        """Hear everything from now on, as long as the block lasts."""
        mine = Subscription()
        with self._lock:
            self._listening.add(mine)
        try:
            yield mine
        finally:
            with self._lock:
                self._listening.discard(mine)

    def put(self, event: Event | None) -> None:
        """Tell everybody."""
        with self._lock:
            for one in self._listening:
                one.put(event)
