"""An iterator that may say nothing for days, drained into the event loop by a thread of its own.

A pool's thread would be held as long; these are counted apart, and bounded by `Feeds`.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runtimes.core import deadline, errors
from runtimes.server.failure import only_ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUFFER = 1024
"""Messages that wait for a slow client before the backend has to wait too."""


class Feed:
    """One client's stream. Made, read and closed on the event loop."""

    def __init__(
        self, rpc: str, begin: Callable[[], Iterator[Any]], ended: Callable[[Feed], None]
    ) -> None:
        self._rpc = rpc
        self._begin = begin
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[bytes | errors.Error | None] = asyncio.Queue()
        self._slots = threading.Semaphore(BUFFER)
        self._gone = threading.Event()
        self._items: Iterator[Any] | None = None
        self._begun = asyncio.Event()

    def start(self) -> None:
        with deadline.unless(self._gone.is_set):
            context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._drain,), name=self._rpc, daemon=True
        ).start()

    async def begun(self) -> None:
        """Wait until the backend has made the stream, or refused to."""
        await self._begun.wait()

    async def next(self) -> bytes | None:
        """Wait for a message; None at the end.

        Raises:
            Error: as the backend raised it, or as `end` was told.
        """
        item = await self._waiting.get()
        self._slots.release()
        if isinstance(item, errors.Error):
            raise item
        return item

    def end(self, error: errors.Error) -> None:
        """Let the reader see `error` after what waits already."""
        self._waiting.put_nowait(error)

    def close(self) -> None:
        """Stop the thread: now if the iterator can be ended from here, else at its next item."""
        self._gone.set()
        self._slots.release()
        self._close_items()

    def _drain(self) -> None:
        try:
            with only_ours(self._rpc):
                self._forward()
        except errors.Error as error:
            self._put(error)
        else:
            self._put(None)
        finally:
            self._tell(self._begun.set)
            self._close_items()
            self._tell(lambda: self._ended(self))

    def _forward(self) -> None:
        self._items = self._begin()
        self._tell(self._begun.set)
        for item in self._items:
            self._slots.acquire()
            if self._gone.is_set():
                return
            self._put(item.SerializeToString())

    def _put(self, item: bytes | errors.Error | None) -> None:
        self._tell(lambda: self._waiting.put_nowait(item))

    def _tell(self, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has been closed: nobody listens
            self._loop.call_soon_threadsafe(call)

    def _close_items(self) -> None:
        close = getattr(self._items, "close", None)
        if close is not None:
            with suppress(ValueError):  # a generator at work can't be ended by another thread
                close()


class Feeds:
    """The feeds that are open, with `most` threads at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Feed] = set()
        self._threads: set[Feed] = set()

    @property
    def count(self) -> int:
        return len(self._open)

    def open(self, rpc: str, begin: Callable[[], Iterator[Any]]) -> Feed:
        """Start one.

        Raises:
            ResourceExhausted: there are too many, counting those whose clients have gone but
                whose backend hasn't noticed.
        """
        if len(self._threads) >= self._most:
            raise errors.ResourceExhausted(
                f"{rpc}: {self._most} streams are open already; end some of them"
            )
        feed = Feed(rpc, begin, self._threads.discard)
        self._open.add(feed)
        self._threads.add(feed)
        feed.start()
        return feed

    def close(self, feed: Feed) -> None:
        self._open.discard(feed)
        feed.close()

    def end_all(self, error: errors.Error) -> None:
        for feed in list(self._open):
            feed.end(error)
