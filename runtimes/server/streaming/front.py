"""The streaming server: takes a URL's request, upgrades it, and carries the session.

It listens on loopback unless told otherwise; whoever reaches it still needs a token (`tokens`).
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming import channels
from runtimes.core.streaming.session import Channel, StreamingService
from runtimes.server import failure
from runtimes.server.lane import Lane
from runtimes.server.streaming import process
from runtimes.server.streaming.forward import Forwarding
from runtimes.server.streaming.link import TcpLink, WebSocketLink
from runtimes.server.streaming.listening import Listening
from runtimes.server.streaming.tokens import Tokens
from runtimes.server.streaming.upgrade import Refusal, Upgrade, choose
from runtimes.server.streaming.urls import Urls, Wanted
from runtimes.server.streaming.wire import ChannelWire, PortWire, SpdyWire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.cri.services import CriService
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.server.streaming.wire import Wire

MOST_WAITING = 256
"""Connections that may be open without having sent their request; who is oldest makes room."""
THREADS = 32
_HEAD_SECONDS = 30.0
_CLOSING_SECONDS = 5.0
_FAREWELL_SECONDS = 1.0
_WARNING_SECONDS = 10.0
_RETRY_SECONDS = "5"
_BUFFER = 64 * 1024
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    headers: dict[str, str]
    early: bytes


class StreamingServer:
    """Used on one event loop.

    Attributes:
        sessions: how many are open.

    Args:
        threads: for what blocks: opening, closing, and asking how a process ended; and as many to
            connect to ports, which may not answer. A session that merely lives holds none.
    """

    def __init__(self, service: CriService, threads: int = THREADS) -> None:
        self._service = service
        self.lane = Lane("stream", threads)
        self.connecting = Lane("connect", threads)
        self._listening = Listening()
        self._tokens: Tokens[Wanted] = Tokens()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._waiting: dict[asyncio.Timeout, None] = {}
        self._next_warning = 0.0
        self.sessions = 0
        self._stopping = False

    async def start(self, listening: Listening) -> Urls:
        """Listen.

        Raises:
            InvalidArgument: the address, the certificate or the key can't be used.
            Unavailable: the address can't be had.
        """
        host, port = listening.place()
        tls = listening.tls()
        self._listening = listening
        try:
            self._server = await asyncio.start_server(
                self._accept,
                host,
                port,
                limit=_BUFFER,
                ssl=tls,
                ssl_handshake_timeout=_HEAD_SECONDS if tls else None,
            )
        except OSError as error:
            raise errors.Unavailable(
                f"listen for streams at {listening.address}: {error}"
            ) from error
        bound = self._server.sockets[0].getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        return Urls(self._service, self._tokens, f"{listening.scheme}://{shown}:{bound}")

    async def stop(self) -> None:
        """End the sessions; their containers go on."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        if self._connections:  # each closes what it has opened
            await asyncio.wait(self._connections, timeout=_CLOSING_SECONDS)
        self.lane.close()
        self.connecting.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as one
        if self._stopping:
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (errors.Error, ConnectionError, TimeoutError) as error:
            logger.info("stream ended: %s", str(error) or type(error).__name__)
        except asyncio.CancelledError:
            logger.debug("stream ended: the server stops")
        except Exception:
            logger.exception("stream ended by an unexpected error")
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        request = await self._request(http, reader)
        if request is None:
            return
        found = self._agree(request)
        if isinstance(found, Refusal):
            await _refuse(http, writer, found)
            return
        choice, wanted = found
        answer = http.send(h11.InformationalResponse(status_code=101, headers=list(choice.headers)))
        writer.write(answer or b"")
        self.sessions += 1
        try:
            async with asyncio.timeout(self._listening.idle) as limit:
                link = TcpLink(reader, writer, request.early, lambda: self._touch(limit))
                await self._carry(link, choice, wanted)
        finally:
            self.sessions -= 1

    async def _request(self, http: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
        """Read it. Where too many keep us waiting, the one that has for longest makes room."""
        if len(self._waiting) >= MOST_WAITING:
            self._make_room()
        try:
            async with asyncio.timeout(_HEAD_SECONDS) as limit:
                self._waiting[limit] = None
                try:
                    return await _head(http, reader)
                finally:
                    self._waiting.pop(limit, None)
        except TimeoutError:
            return None

    def _make_room(self) -> None:
        longest = next(iter(self._waiting))
        del self._waiting[longest]
        if not longest.expired():
            longest.reschedule(0)
        now = asyncio.get_running_loop().time()
        if now >= self._next_warning:  # whoever connects in vain shall fill no log
            self._next_warning = now + _WARNING_SECONDS
            logger.warning("streams are cut: %d connections wait without a request", MOST_WAITING)

    def _agree(self, request: Request) -> tuple[Upgrade, Wanted] | Refusal:
        """What the URL stands for, and how to stream it; a full server leaves the URL usable."""
        if self.sessions >= self._listening.sessions:
            logger.warning("stream refused: %d sessions are open", self.sessions)
            text = f"{self.sessions} sessions are open, and no more are taken; end some"
            return Refusal(429, text, (("Retry-After", _RETRY_SECONDS),))
        wanted = self._tokens.redeem(request.path.partition("?")[0].rpartition("/")[2])
        if wanted is None:
            return Refusal(404, "this URL is unknown, used, or too old")
        choice = choose(request.headers, forward=isinstance(wanted, cri.PortForwardRequest))
        return choice if isinstance(choice, Refusal) else (choice, wanted)

    def _touch(self, limit: asyncio.Timeout) -> None:
        """Something moves: wait anew for it to stop; once it is too late, the session ends."""
        if not limit.expired():
            limit.reschedule(asyncio.get_running_loop().time() + self._listening.idle)

    async def _carry(self, link: TcpLink, choice: Upgrade, wanted: Wanted) -> None:
        wire = _wire(link, choice, wanted)
        try:
            if isinstance(wanted, cri.PortForwardRequest):
                service = self._streaming_service()
                await Forwarding(wire, service, wanted.pod_sandbox_id, self.connecting).serve()
            else:
                await self._process(wire, choice, wanted)
        except errors.Error as error:
            logger.warning("stream ended, peer=%s: %s", link.peer, error)
            await wire.fail()
            await _hear_out(link)

    async def _process(
        self, wire: Wire, choice: Upgrade, wanted: cri.ExecRequest | cri.AttachRequest
    ) -> None:
        service = self._streaming_service()

        numbers: Mapping[Channel, int] | None = {one: one.value for one in Channel}
        if not choice.websocket:
            numbers = await process.opened_channels(wire, process.wanted_channels(wanted))
        if numbers is None:
            return
        size: Size | None = None
        if isinstance(wanted, cri.ExecRequest) and wanted.tty:
            size = await process.first_size(wire, numbers[Channel.RESIZE])

        def opened() -> StreamSession:
            if isinstance(wanted, cri.ExecRequest):
                with failure.only_ours("Exec"):
                    return service.open_exec(wanted, size)
            with failure.only_ours("Attach"):
                return service.open_attach(wanted)

        await process.serve(wire, numbers, opened, self.lane)

    def _streaming_service(self) -> StreamingService:
        assert isinstance(self._service, StreamingService)  # noqa: S101 - it issued the URL
        return self._service


def _wire(link: TcpLink, choice: Upgrade, wanted: Wanted) -> Wire:
    if not choice.websocket:
        return SpdyWire(link)
    messages = WebSocketLink(link)
    if choice.protocol == channels.TUNNEL:
        return SpdyWire(messages)
    if isinstance(wanted, cri.PortForwardRequest):
        return PortWire(messages, choice.protocol, wanted.port)
    return ChannelWire(messages, choice.protocol)


async def _hear_out(link: TcpLink) -> None:
    """Read for a moment: closing over what wasn't read would take our last words back."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_FAREWELL_SECONDS):
            while await link.read() is not None:
                pass


async def _head(http: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    """Read the request; None if there is none."""
    try:
        while (event := http.next_event()) is h11.NEED_DATA:
            http.receive_data(await reader.read(_BUFFER))
        if not isinstance(event, h11.Request) or not isinstance(
            http.next_event(), h11.EndOfMessage
        ):  # nobody sends a body here
            return None
    except h11.RemoteProtocolError:
        return None
    headers: dict[str, str] = {}
    for name, value in event.headers:
        text, key = value.decode("latin-1"), name.decode("latin-1")
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return Request(event.target.decode("latin-1"), headers, http.trailing_data[0])


async def _refuse(http: h11.Connection, writer: asyncio.StreamWriter, refusal: Refusal) -> None:
    body = f"{refusal.text}\n".encode()
    headers = [
        ("Content-Type", "text/plain"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
        *refusal.headers,
    ]
    events = (
        h11.Response(status_code=refusal.status, headers=headers),
        h11.Data(data=body),
        h11.EndOfMessage(),
    )
    writer.write(b"".join(http.send(event) or b"" for event in events))
    await writer.drain()
