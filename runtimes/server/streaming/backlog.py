"""What waits to be written to a forwarded port, so that a slow one doesn't hold up the others."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from contextlib import suppress

from runtimes.server.streaming import descriptors

MOST_BYTES = 1024 * 1024
_PIECE_BYTES = 100
"""What a piece takes besides its bytes."""


class Backlog:
    """Takes pieces without waiting; who fills it stops while it is `full`. Used on one loop."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[bytes, bool]] = deque()
        self._bytes = 0
        self._deaf = False
        self._some = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    @property
    def full(self) -> bool:
        return not self._room.is_set()

    def put(self, data: bytes, *, fin: bool = False) -> None:
        """Add a piece; `fin` says that nothing follows."""
        if self._deaf:
            return
        self._pieces.append((data, fin))
        self._bytes += len(data) + _PIECE_BYTES
        self._some.set()
        if self._bytes > MOST_BYTES:
            self._room.clear()

    async def room(self) -> None:
        """Wait until it isn't full."""
        await self._room.wait()

    async def feed(self, target: socket.socket) -> None:
        """Write all that comes, until its end; throw it away once the target reads no more."""
        fin = False
        while not fin:
            await self._some.wait()
            data, fin = self._pieces.popleft()
            if not await descriptors.write(target.fileno(), data):
                break
            self._bytes -= len(data) + _PIECE_BYTES
            if not self._pieces:
                self._some.clear()
            if self._bytes <= MOST_BYTES:
                self._room.set()
        self._deaf = True
        self._pieces.clear()
        self._room.set()
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
