"""Bounded threads in which a blocking backend works while the event loop goes on."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Lane:
    """A pool of its own for one kind of calls, so that another kind can't take its threads.

    Work waits here while all threads are busy; a caller who goes away takes it along.
    """

    def __init__(self, name: str, threads: int) -> None:
        self.name = name
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._busy = 0

    @property
    def busy(self) -> int:
        """Threads at work now, for callers that wait and for those that have gone."""
        return self._busy

    async def run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._counted, work)

    async def open(self, opened: Callable[[], T], close: Callable[[T], None]) -> T:
        """As `run`; but what comes when the caller has gone is closed, in the thread that made it.

        A caller that goes before there is a thread takes the work along.
        """
        work = _Opening(opened, close)
        try:
            return await self.run(work)
        except asyncio.CancelledError:
            work.abandon()
            raise

    def submit(self, work: Callable[[], None]) -> None:
        """Do it some time, for nobody; nothing after `close`."""
        try:
            self._pool.submit(self._counted, work)
        except RuntimeError:
            return

    def close(self) -> None:
        """Take no more work; what runs is left to its end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _counted(self, work: Callable[[], T]) -> T:
        with self._lock:
            self._busy += 1
        try:
            return work()
        finally:
            with self._lock:
                self._busy -= 1


class _Opening(Generic[T]):
    """Something that is made in a thread for a caller who may have gone when it is there."""

    def __init__(self, opened: Callable[[], T], close: Callable[[T], None]) -> None:
        self._opened = opened
        self._close = close
        self._lock = threading.Lock()
        self._made: list[T] = []
        self._abandoned = False

    def __call__(self) -> T:
        made = self._opened()
        with self._lock:
            abandoned = self._abandoned
            self._made.append(made)
        if abandoned:
            self._close(made)
        return made

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
            made = tuple(self._made)
        for one in made:
            self._close(one)
