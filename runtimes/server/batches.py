"""A finite sync iterator, pulled some items at a time by whichever thread is free."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google.protobuf.message import Message

MOST_ITEMS = 128
ENOUGH_BYTES = 1024 * 1024


class Batches:
    """Thread-safe; ends its iterator once, after a pull that is under way."""

    def __init__(
        self, begin: Callable[[], Iterator[Any]], wrap: Callable[[list[Any]], Message]
    ) -> None:
        self._begin = begin
        self._wrap = wrap
        self._items: Iterator[Any] | None = None
        self._lock = threading.Lock()
        self._closed = False

    def pull(self) -> bytes | None:
        """One message of further items, None at the end."""
        with self._lock:
            if self._closed:
                return None
            if self._items is None:
                self._items = self._begin()
            some = self._take(self._items)
            return self._wrap(some).SerializeToString() if some else None

    def close(self) -> None:
        """End the iterator where it can be ended. Idempotent."""
        with self._lock:
            self._closed = True
            close = getattr(self._items, "close", None)
            self._items = None
        if close is not None:
            close()

    @staticmethod
    def _take(items: Iterator[Any]) -> list[Any]:
        some: list[Any] = []
        size = 0
        for item in items:
            some.append(item)
            size += item.ByteSize()
            if len(some) >= MOST_ITEMS or size >= ENOUGH_BYTES:
                break
        return some
