"""The agent's threads: blocking calls on the runtime, in bounded pools by what they do.

Syncs and stops have pools of their own, for a stop may last for a pod's whole grace; looks have
another, so that nothing that acts keeps the agent from seeing; and the folder is read in a thread
of its own, since that asks no runtime, which may hang.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from runtimes.core import deadline

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")
_LOOKING = 4


class Lanes:
    """For one event loop.

    Args:
        workers: syncs at once, and stops at once.
        given_up: answers True once nobody waits for anything any more.
    """

    def __init__(self, workers: int, given_up: Callable[[], bool]) -> None:
        self._syncing = ThreadPoolExecutor(workers, "sync")
        self._ending = ThreadPoolExecutor(workers, "end")
        self._looking = ThreadPoolExecutor(_LOOKING, "look")
        self._reading = ThreadPoolExecutor(1, "folder")
        self._given_up = given_up

    async def sync(self, work: Callable[[], Answer], given_up: Callable[[], bool]) -> Answer:
        """Do work of a pod; it may end early once `given_up` answers True."""
        return await self._run(self._syncing, work, lambda: self._given_up() or given_up())

    async def end(self, work: Callable[[], Answer]) -> Answer:
        """Stop or remove a pod."""
        return await self._run(self._ending, work, self._given_up)

    async def look(self, work: Callable[[], Answer]) -> Answer:
        """Ask the runtime for what it has."""
        return await self._run(self._looking, work, self._given_up)

    async def read(self, work: Callable[[], Answer]) -> Answer:
        """Read the folder and bring the records in line with it."""
        return await self._run(self._reading, work, self._given_up)

    def close(self) -> None:
        """Begin nothing more; what runs is not waited for."""
        for pool in (self._syncing, self._ending, self._looking, self._reading):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _run(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[], Answer],
        given_up: Callable[[], bool],
    ) -> Answer:
        def bounded() -> Answer:
            with deadline.unless(given_up):
                return work()

        return await asyncio.get_running_loop().run_in_executor(pool, bounded)
