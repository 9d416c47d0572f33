"""Ports of a sandbox over SPDY: the client opens two streams, error and data, per connection.

Source: kubelet pkg/kubelet/cri/streaming/portforward/httpstream.go.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.spdy import Opened, Received, Reset
from runtimes.server import failure
from runtimes.server.streaming import descriptors

if TYPE_CHECKING:
    from runtimes.core.streaming.session import StreamingService
    from runtimes.server.lane import Lane
    from runtimes.server.streaming.wire import Wire


@dataclass(slots=True)
class Forwarding:
    """One client's connections to one sandbox."""

    wire: Wire
    service: StreamingService
    sandbox: str
    lane: Lane
    _halves: dict[str, dict[str, int]] = field(default_factory=dict)
    _sockets: dict[int, socket.socket] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self) -> None:
        """Carry them until the client goes."""
        try:
            while (event := await self.wire.receive()) is not None:
                if isinstance(event, Opened):
                    await self._opened(event)
                elif isinstance(event, Received):
                    await self._received(event)
                elif isinstance(event, Reset):
                    self._close(event.stream)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for stream in list(self._sockets):
                self._close(stream)

    async def _opened(self, event: Opened) -> None:
        request = event.headers.get("requestid", "")
        halves = self._halves.setdefault(request, {})
        halves[event.headers.get("streamtype", "")] = event.stream
        if {"error", "data"} <= set(halves):
            del self._halves[request]
            await self._connect(event.headers.get("port", ""), halves["data"], halves["error"])

    async def _connect(self, port: str, stream: int, problem: int) -> None:
        number = int(port) if port.isascii() and port.isdigit() else 0
        try:
            found = await self.lane.open(
                lambda: self.service.open_port_forward(self.sandbox, number), socket.socket.close
            )
        except errors.Error as error:
            await self.wire.send(problem, failure.text(error).encode(), fin=True)
            await self.wire.send(stream, b"", fin=True)
            return
        found.settimeout(0)
        self._sockets[stream] = found
        task = asyncio.create_task(self._output(found, stream, problem))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _received(self, event: Received) -> None:
        found = self._sockets.get(event.stream)
        if found is None or found.fileno() < 0:
            return
        await descriptors.write(found.fileno(), event.data)
        if event.fin:
            with suppress(OSError):
                found.shutdown(socket.SHUT_WR)

    async def _output(self, found: socket.socket, stream: int, problem: int) -> None:
        fd = os.dup(found.fileno())
        try:
            while data := await descriptors.read(fd):
                await self.wire.send(stream, data)
                await asyncio.sleep(0)
        finally:
            os.close(fd)
        await self.wire.send(stream, b"", fin=True)
        await self.wire.send(problem, b"", fin=True)
        self._close(stream)

    def _close(self, stream: int) -> None:
        found = self._sockets.pop(stream, None)
        if found is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)
            found.close()
