"""Ports of a sandbox: for each connection the client opens two streams, error and data.

A target that reads too slowly has a backlog of its own. When that is full, the whole connection
waits, for there is no flow control; after a while the target is given up, unless it is alone.

Source: kubelet pkg/kubelet/cri/streaming/portforward/httpstream.go.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.spdy import Opened, Received, Reset
from runtimes.server import failure
from runtimes.server.streaming import descriptors
from runtimes.server.streaming.backlog import Backlog

if TYPE_CHECKING:
    from runtimes.core.streaming.session import StreamingService
    from runtimes.server.lane import Lane
    from runtimes.server.streaming.wire import Wire

_PATIENCE_LOOKS = 10
_LOOK_SECONDS = 1.0
_PAIR = frozenset({"data", "error"})
_LONGEST_NAME = 64
"""Characters of a request's or a port's name: they are kept while the connection lives."""
_CONNECTING = 4
"""Connections that one client may be making at once: one to a port that doesn't accept takes long,
and a thread."""


@dataclass(slots=True)
class _Target:
    """Attributes:
    streams: by their type; complete when there are data and error.
    """

    request: str
    port: str
    streams: dict[str, int] = field(default_factory=dict)
    backlog: Backlog = field(default_factory=Backlog)
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class Forwarding:
    """One client's connections to one sandbox."""

    wire: Wire
    service: StreamingService
    sandbox: str
    lane: Lane
    _connecting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CONNECTING))
    _halves: dict[str, _Target] = field(default_factory=dict)
    _targets: dict[int, _Target] = field(default_factory=dict)

    async def serve(self) -> None:
        """Carry them until the client goes.

        Raises:
            DataLoss, ResourceExhausted: it breaks the protocol.
        """
        try:
            while (event := await self.wire.receive()) is not None:
                if isinstance(event, Opened):
                    self._opened(event)
                elif isinstance(event, Received):
                    if not await self._received(event):
                        return
                elif isinstance(event, Reset):
                    await self._reset(event.stream)
        finally:
            for target in list(self._targets.values()):
                await _cancel(target)

    def _opened(self, event: Opened) -> None:
        kind, request, port = (
            event.headers.get(name, "") for name in ("streamtype", "requestid", "port")
        )
        if kind not in _PAIR:
            return
        if max(len(request), len(port)) > _LONGEST_NAME:
            raise errors.ResourceExhausted("port-forward: the name of a request is too long")
        target = self._halves.get(request)
        if target is None:
            target = self._halves[request] = _Target(request, port)
        target.streams[kind] = event.stream
        self._targets[event.stream] = target
        if event.fin and kind == "data":
            target.backlog.put(b"", fin=True)
        if set(target.streams) == _PAIR:
            del self._halves[request]
            target.task = asyncio.create_task(self._carry(target))

    async def _received(self, event: Received) -> bool:
        """Keep what came; False when the client has gone while there was no room."""
        target = self._targets.get(event.stream)
        if target is None or event.stream != target.streams.get("data"):
            return True
        target.backlog.put(event.data, fin=event.fin)
        if target.backlog.full and target.task is None:
            raise errors.ResourceExhausted("port-forward: too much came before the error stream")
        looks = 0
        while target.backlog.full:
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await target.backlog.room()
            except TimeoutError:
                looks += 1
                if await self.wire.gone(target.streams["error"]):
                    return False
                if looks >= _PATIENCE_LOOKS and self._shared():
                    await self._give_up(target)
                    break
        return True

    def _shared(self) -> bool:
        return len({id(target) for target in self._targets.values()}) > 1

    async def _give_up(self, target: _Target) -> None:
        await _cancel(target)
        await self._end(
            target,
            f"port {target.port}: it has read nothing for {_PATIENCE_LOOKS * _LOOK_SECONDS:g} s, "
            "and other connections wait behind it",
        )

    async def _reset(self, stream: int) -> None:
        target = self._targets.get(stream)
        if target is not None:
            await _cancel(target)
            await self._end(target)

    async def _carry(self, target: _Target) -> None:
        port = int(target.port) if target.port.isascii() and target.port.isdigit() else 0
        try:
            async with self._connecting:
                connection = await self.lane.open(lambda: self._connect(port), socket.socket.close)
        except errors.Error as error:
            await self._end(target, failure.text(error))
            return
        with connection:
            connection.settimeout(0)
            feeding = asyncio.create_task(target.backlog.feed(connection))
            try:
                while data := await descriptors.read(connection.fileno()):
                    await self.wire.send(target.streams["data"], data)
                    await asyncio.sleep(0)
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)
        await self._end(target)

    def _connect(self, port: int) -> socket.socket:
        with failure.only_ours("PortForward"):
            return self.service.open_port_forward(self.sandbox, port)

    async def _end(self, target: _Target, problem: str = "") -> None:
        """Forget the connection, and tell the client that and why it is over."""
        self._halves.pop(target.request, None)
        for stream in target.streams.values():
            self._targets.pop(stream, None)
        for kind, stream in sorted(target.streams.items(), reverse=True):
            text = problem.encode() if kind == "error" else b""
            await self.wire.send(stream, text, fin=True)


async def _cancel(target: _Target) -> None:
    if target.task is not None:
        target.task.cancel()
        await asyncio.gather(target.task, return_exceptions=True)
