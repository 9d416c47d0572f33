"""Numbered streams between a client and us, the same over SPDY and WebSocket."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from runtimes.core.streaming import channels
from runtimes.core.streaming.spdy import PROTOCOL_ERROR, Connection, Opened, Received

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from runtimes.core.streaming.spdy import Event
    from runtimes.server.streaming.link import Link, WebSocketLink

_PROTOCOL_ERROR = 1002


class Wire(Protocol):
    async def receive(self) -> Event | None:
        """What the client did next; None once it has gone.

        Raises:
            DataLoss, ResourceExhausted: it breaks the protocol.
        """
        ...

    def give_back(self, events: Iterable[Event]) -> None:
        """Let `receive` hand these out again, in their order, before anything else."""
        ...

    async def send(self, stream: int, data: bytes, *, fin: bool = False) -> None: ...

    async def end(self) -> bool:
        """Say that no more comes; whether that could be said."""
        ...

    async def fail(self) -> None:
        """Say that the client has broken the protocol, and that no more comes."""
        ...

    async def gone(self, stream: int) -> bool:
        """Whether the client has gone, though what it sent is not received; `stream` is open.

        A connection that nobody reads doesn't come to its end: something harmless is sent, which
        the client's host answers with a reset.
        """
        ...


class SpdyWire:
    """Streams that the client opens; each is accepted."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._connection = Connection(client=False)
        self._coming: Iterator[Event] = iter(())
        self._events: deque[Event] = deque()

    async def receive(self) -> Event | None:
        """One at a time: a few compressed bytes may be a thousand times as many."""
        while not self._events:
            event = next(self._coming, None)
            if event is not None:
                self._events.append(event)
                if isinstance(event, Opened):
                    await self._link.write(self._connection.accept(event.stream))
                continue
            if answers := self._connection.answers():
                await self._link.write(answers)
            data = await self._link.read()
            if data is None:
                return None
            self._coming = self._connection.receive(data)
        return self._events.popleft()

    def give_back(self, events: Iterable[Event]) -> None:
        self._events = deque([*events, *self._events])

    async def send(self, stream: int, data: bytes, *, fin: bool = False) -> None:
        await self._link.write(self._connection.send(stream, data, fin=fin))

    async def end(self) -> bool:
        return await self._link.end()

    async def fail(self) -> None:
        await self._link.write(self._connection.leave(PROTOCOL_ERROR))
        await self._link.end()

    async def gone(self, stream: int) -> bool:
        return self._link.cut(self._connection.send(stream, b""))


class ChannelWire:
    """Channels of a WebSocket. Only a client ends one of them alone: we end them all together."""

    def __init__(self, link: WebSocketLink, protocol: str) -> None:
        self._link = link
        self._closing = protocol == channels.V5
        self._events: deque[Event] = deque()

    async def receive(self) -> Event | None:
        if self._events:
            return self._events.popleft()
        data = await self._link.read()
        if data is None:
            return None
        message = channels.decode(data, closing=self._closing)
        return Received(message.channel, message.data, message.closes)

    def give_back(self, events: Iterable[Event]) -> None:
        self._events = deque([*events, *self._events])

    async def send(self, stream: int, data: bytes, *, fin: bool = False) -> None:  # noqa: ARG002 - see the class
        if data:
            await self._link.write(channels.encode(stream, data))

    async def end(self) -> bool:
        return await self._link.end()

    async def fail(self) -> None:
        await self._link.end(_PROTOCOL_ERROR)

    async def gone(self, stream: int) -> bool:  # noqa: ARG002 - a message of no stream does
        return self._link.cut()


class PortWire(ChannelWire):
    """Two channels for each port, 2n for data and 2n + 1 for errors, as if the client opened them.

    Source: kubelet pkg/kubelet/cri/streaming/portforward/websocket.go.
    """

    def __init__(self, link: WebSocketLink, protocol: str, ports: Sequence[int]) -> None:
        super().__init__(link, protocol)
        self._announced = [
            Opened(
                2 * index + half,
                {"streamtype": kind, "requestid": str(index), "port": str(port)},
            )
            for index, port in enumerate(ports)
            for half, kind in enumerate(("data", "error"))
        ]
        self._open = {event.stream for event in self._announced}

    async def receive(self) -> Event | None:
        if self._announced:
            event = self._announced.pop(0)
            first = channels.port_announcement(int(event.headers["port"]))
            await super().send(event.stream, first)
            return event
        return await super().receive() if self._open else None

    async def send(self, stream: int, data: bytes, *, fin: bool = False) -> None:
        await super().send(stream, data)
        if fin:
            self._open.discard(stream)
            if not self._open:
                await self.end()
