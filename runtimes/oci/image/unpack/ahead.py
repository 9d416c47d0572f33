"""Let a stream run ahead in a thread of its own, so that reading and writing overlap.

Inflating, hashing and system calls all leave Python's lock to others meanwhile.
"""

from __future__ import annotations

import contextvars
import threading
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_AHEAD = 8
_PATIENCE = 0.1


@contextmanager
def ahead(chunks: Iterable[bytes]) -> Iterator[Iterator[bytes]]:
    """Yield the same chunks, made by a thread that is a few chunks ahead.

    What `chunks` raises is raised to the reader. Leaving the block ends the thread.
    """
    line: Queue[bytes | BaseException | None] = Queue(_AHEAD)
    over = threading.Event()

    def offer(item: bytes | BaseException | None) -> bool:
        while not over.is_set():
            try:
                line.put(item, timeout=_PATIENCE)
            except Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for chunk in chunks:
                if not offer(chunk):
                    return
            offer(None)
        except BaseException as error:  # noqa: BLE001 -- raised again in the reader's thread
            offer(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="ahead")
    thread.start()
    try:
        yield _received(line)
    finally:
        over.set()
        _drain(line)
        thread.join()


def _received(line: Queue[bytes | BaseException | None]) -> Iterator[bytes]:
    while (item := line.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        yield item


def _drain(line: Queue[bytes | BaseException | None]) -> None:
    """Make room, so that a thread that waits for it sees at once that it is over."""
    while True:
        try:
            line.get_nowait()
        except Empty:
            return
