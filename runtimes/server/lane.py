"""Bounded threads in which a blocking backend works while the event loop goes on."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

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
