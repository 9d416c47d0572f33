"""What clients are told when they break the protocol; attachments; the first size of a terminal."""

from __future__ import annotations

import asyncio
import logging
import socket
import tracemalloc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from runtimes.core import errors
from runtimes.core.streaming import channels, status
from runtimes.core.streaming.session import PACKET_BYTES, Channel
from runtimes.core.streaming.spdy import PROTOCOL_ERROR, Connection, Left, Opened, Received
from runtimes.server.streaming import descriptors, process
from runtimes.server.streaming.link import WebSocketLink
from runtimes.server.streaming.wire import ChannelWire, SpdyWire
from runtimes.server.tests.local import LocalSession
from runtimes.server.tests.stream_clients import (
    PLAIN,
    SpdyClient,
    attach_url,
    exec_url,
    exit_code,
    run_websocket,
)

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService
    from runtimes.core.streaming.session import Size
    from runtimes.core.streaming.spdy import Event


def test_broken_spdy_is_answered_with_goaway_and_logged(
    client: CriService, container: str, caplog: pytest.LogCaptureFixture
) -> None:
    spdy = SpdyClient(exec_url(client, container, ["sleep", "1000"]))
    spdy.open_all(PLAIN)

    with caplog.at_level(logging.WARNING):
        spdy.socket.sendall(bytes.fromhex("8002000100000000"))
        events = list(spdy.events())
    spdy.close()

    assert events[-1] == Left(PROTOCOL_ERROR)
    assert "frame of version 2" in caplog.text


@pytest.mark.parametrize(
    "broken",
    [
        (bytes((Channel.RESIZE,)) + b"no size", "terminal's size"),
        (b"", "without a channel"),
        (b"\xff", "closes no channel"),
    ],
)
def test_broken_channels_are_answered_with_a_closing_code_and_logged(
    client: CriService,
    container: str,
    caplog: pytest.LogCaptureFixture,
    broken: tuple[bytes, str],
) -> None:
    message, said = broken
    url = exec_url(client, container, ["sleep", "1000"]).replace("http://", "ws://")

    with (
        caplog.at_level(logging.WARNING),
        connect(url, subprotocols=[Subprotocol(channels.V5)], proxy=None) as websocket,
    ):
        websocket.send(message)
        with pytest.raises(ConnectionClosedError) as closed:
            websocket.recv(10)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1002
    assert said in caplog.text


def test_attach_over_spdy(client: CriService, container: str) -> None:
    got = SpdyClient(attach_url(client, container)).run(PLAIN, b"words\n")

    assert (got[Channel.STDOUT], got[Channel.STDERR]) == (b"got words\n", b"problem\n")
    assert status.exit_code(got[Channel.ERROR]) == 4


@pytest.mark.parametrize("protocol", [channels.V4, channels.V5])
def test_attach_over_websocket(client: CriService, container: str, protocol: str) -> None:
    got = run_websocket(attach_url(client, container), b"words\n", protocol)

    assert (got[Channel.STDOUT], got[Channel.STDERR]) == (b"got words\n", b"problem\n")
    assert exit_code(got[Channel.ERROR]) == 4


def test_an_unexpected_error_is_told_over_the_error_channel_and_logged(
    client: CriService,
    container: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    got = SpdyClient(exec_url(client, container, ["bad\0name"])).run(PLAIN)

    with pytest.raises(errors.Internal, match="unexpected error; its log has the details"):
        status.exit_code(got[Channel.ERROR])
    assert "Traceback" in caplog.text


class Sent:
    """A link on which a client sends these chunks, and then nothing; or, with None, its end."""

    def __init__(self, *chunks: bytes | None) -> None:
        self._chunks = list(chunks)

    async def read(self) -> bytes | None:
        return self._chunks.pop(0) if self._chunks else await asyncio.Future()

    async def write(self, data: bytes) -> None: ...

    async def end(self) -> bool:
        return True

    def cut(self, probe: bytes) -> bool:
        return not probe


@pytest.mark.parametrize("says", [True, False])
def test_a_command_in_a_terminal_waits_a_moment_for_its_size_and_loses_nothing(says: bool) -> None:
    peer = Connection(client=True)
    stdin, opened = peer.open({"streamtype": "stdin"})
    resize, also_opened = peer.open({"streamtype": "resize"})
    typed, size = peer.send(stdin, b"typed"), peer.send(resize, status.of_size(132, 43))

    async def received() -> tuple[Size | None, list[Event | None]]:
        wire = SpdyWire(Sent(opened + also_opened, typed, *([size] if says else [])))
        said = await process.first_size(wire, resize)
        return said, [await wire.receive() for _ in range(3)]

    said, events = asyncio.run(received())

    assert said == ((132, 43) if says else None)
    assert events[2:] == [
        Received(stdin, b"typed"),
    ]


def test_the_longest_packet_is_read_whole() -> None:
    packet = bytes(range(256)) * 64 + b"!"
    assert len(packet) == PACKET_BYTES

    async def read(reader: socket.socket) -> tuple[bytes, bytes]:
        return await descriptors.read(reader.fileno()), await descriptors.read(reader.fileno())

    writer, reader = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with writer, reader:
        reader.setblocking(False)
        writer.send(packet)
        writer.send(b"next")

        assert asyncio.run(read(reader)) == (packet, b"next")


def test_a_client_grows_no_message_by_empty_parts() -> None:
    begun, empty_parts = bytes.fromhex("028000000000"), bytes.fromhex("008000000000") * 10_000

    async def received() -> int:
        link = WebSocketLink(Sent(begun, *[empty_parts] * 3, None))
        tracemalloc.start()
        assert await link.read() is None
        return tracemalloc.get_traced_memory()[0]

    try:
        assert asyncio.run(received()) < 100_000
    finally:
        tracemalloc.stop()


def test_headers_that_were_packed_well_are_unpacked_one_at_a_time() -> None:
    peer = Connection(client=True)
    packed = b"".join(peer.open({"streamtype": "error", "x": "y" * 8000})[1] for _ in range(500))

    async def received() -> tuple[Event | None, int]:
        wire = SpdyWire(Sent(packed))
        tracemalloc.start()
        return await wire.receive(), tracemalloc.get_traced_memory()[1]

    try:
        event, peak = asyncio.run(received())
    finally:
        tracemalloc.stop()

    assert isinstance(event, Opened)
    assert peak < 500_000


def test_a_terminal_that_keeps_its_size_goes_on(
    client: CriService, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resize(session: LocalSession, width: int, height: int) -> None:
        if (width, height) != (100, 40):
            raise errors.Unavailable(f"{session} refuses to be resized")

    monkeypatch.setattr(LocalSession, "resize", resize)
    url = exec_url(client, container, ["sh", "-c", "read word; echo got $word"], tty=True)
    spdy = SpdyClient(url)
    numbers = spdy.open_all({Channel.STDIN, Channel.STDOUT, Channel.ERROR, Channel.RESIZE})

    spdy.send(numbers[Channel.RESIZE], status.of_size(100, 40))
    spdy.send(numbers[Channel.RESIZE], status.of_size(101, 41))
    spdy.send(numbers[Channel.STDIN], b"word\n")
    events = list(spdy.events())
    spdy.close()

    said = b"".join(event.data for event in events if isinstance(event, Received))
    assert b"got word\r\n" in said
    assert not any(isinstance(event, Left) for event in events)


def _from_clients() -> st.SearchStrategy[bytes]:
    """Masked messages, whole and in parts, frames that only look like some, and plain noise."""
    heads = st.sampled_from([0x00, 0x01, 0x02, 0x0B, 0x80, 0x82, 0x88, 0x89, 0x8A, 0xC2])
    message = st.builds(
        lambda head, body: bytes((head, 0x80 | len(body))) + bytes(4) + body,
        heads,
        st.binary(max_size=125),
    )
    huge = st.builds(lambda head: bytes((head, 0xFF)) + b"\x7f" * 8, heads)
    return st.one_of(message, huge, st.binary(max_size=60))


@given(st.lists(_from_clients(), max_size=12), st.sampled_from([channels.V4, channels.V5]))
def test_no_messages_crash_a_websocket_or_make_it_hold_much(
    chunks: list[bytes], protocol: str
) -> None:
    link = WebSocketLink(Sent(*chunks, None))
    wire = ChannelWire(link, protocol)

    async def receive_all() -> None:
        with suppress(errors.DataLoss):
            while await wire.receive() is not None:
                pass

    asyncio.run(receive_all())

    held = sum(map(len, [link._partial, *link._whole])) + len(link._frames.reader.buffer)
    assert held <= sum(map(len, chunks))
