"""A client's connection after the upgrade: bytes of TCP, or messages of a WebSocket."""

from __future__ import annotations

import select
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol as Frames
from websockets.protocol import Side

from runtimes.core import errors

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_CHUNK = 64 * 1024
_LONGEST_MESSAGE = 4 * 1024 * 1024


class Link(Protocol):
    async def read(self) -> bytes | None:
        """What came; None at the end."""
        ...

    async def write(self, data: bytes) -> None:
        """Waits while the client reads too slowly."""
        ...

    async def end(self) -> bool:
        """Say that no more comes; False where that ends the other direction too, so isn't done.

        Idempotent.
        """
        ...

    def cut(self, probe: bytes) -> bool:
        """Whether the connection is over although nobody reads it; `probe` is sent to find out."""
        ...


class TcpLink:
    """Args:
    early: what came together with the request.
    touch: called at every movement.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        early: bytes,
        touch: Callable[[], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._early = early
        self._touch = touch
        self._reading = False
        self.peer = writer.get_extra_info("peername")

    async def read(self) -> bytes | None:
        self._touch()
        if self._early:
            early, self._early = self._early, b""
            return early
        self._reading = True
        try:
            with suppress(ConnectionError):
                return await self._reader.read(_CHUNK) or None
        finally:
            self._reading = False
        return None

    async def write(self, data: bytes) -> None:
        self._touch()
        with suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    async def end(self) -> bool:
        """TLS of asyncio ends both directions or none."""
        if not self._writer.can_write_eof():
            return False
        with suppress(OSError):
            self._writer.write_eof()
        return True

    def cut(self, probe: bytes) -> bool:
        if self._reading:  # who reads sees the end
            return False
        transport = self._writer.transport
        if transport.is_closing():
            return True
        if not transport.get_write_buffer_size():
            self._writer.write(probe)
        poll = select.poll()
        poll.register(transport.get_extra_info("socket").fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))


class WebSocketLink:
    """Messages over another link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._frames = Frames(Side.SERVER, max_size=_LONGEST_MESSAGE)
        self._whole: deque[bytes] = deque()
        self._partial = bytearray()

    async def read(self) -> bytes | None:
        """Raises:
        DataLoss: what comes isn't WebSocket, or a message is too long.
        """
        while not self._whole:
            data = await self._link.read()
            if data is None:
                return None
            self._frames.receive_data(data)
            await self._flush()
            for frame in self._frames.events_received():
                self._take(frame)
            if self._frames.parser_exc is not None:
                raise errors.DataLoss(f"WebSocket: {self._frames.parser_exc}")
            if self._frames.close_rcvd is not None:
                return None
        return self._whole.popleft()

    async def write(self, data: bytes) -> None:
        self._frames.send_binary(data)
        await self._flush()

    async def end(self, code: int = 1000) -> bool:
        """Send the closing message, if none was sent.

        Source: RFC 6455, 7.4.1 (status codes).
        """
        if self._frames.close_sent is None:
            self._frames.send_close(code)
        await self._flush()
        return True

    def cut(self, probe: bytes = b"") -> bool:
        """`probe` goes along as what a WebSocket may send at any time: an answer to no question."""
        self._frames.send_pong(probe)
        return self._link.cut(b"".join(self._frames.data_to_send()))

    async def _flush(self) -> None:
        for data in self._frames.data_to_send():
            if data:
                await self._link.write(data)

    def _take(self, frame: object) -> None:
        if isinstance(frame, Frame) and frame.opcode in (Opcode.BINARY, Opcode.TEXT, Opcode.CONT):
            self._partial += frame.data
            if frame.fin:
                self._whole.append(bytes(self._partial))
                self._partial.clear()
