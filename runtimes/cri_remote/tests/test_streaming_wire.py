"""The codecs: what goes out is what servers read, and nothing that comes in breaks them."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.core.streaming.channels import V4, V5
from runtimes.core.streaming.spdy import Connection, Limits, Opened, Received
from runtimes.core.streaming.spdy.frames import Kind, control
from runtimes.core.streaming.spdy.headers import Packer
from runtimes.cri_remote.streaming.spdy import SpdyWire
from runtimes.cri_remote.streaming.websocket import BINARY, TunnelWire, WebSocketWire, frame
from runtimes.cri_remote.streaming.wire import CONNECTION, Piece, Wire

STDOUT, ERROR = 1, 3


def _spdy() -> SpdyWire:
    headers = {ERROR: {"streamtype": "error"}, STDOUT: {"streamtype": "stdout", "port": "80"}}
    return SpdyWire(headers, silent=ERROR)


def _chunked(data: bytes, sizes: list[int]) -> list[bytes]:
    chunks = []
    for size in sizes:
        chunks.append(data[:size])
        data = data[size:]
    return [*chunks, data]


def _joined(pieces: list[Piece]) -> dict[int, tuple[bytes, bool]]:
    streams: dict[int, tuple[bytes, bool]] = {}
    for piece in pieces:
        data, last = streams.get(piece.stream, (b"", False))
        streams[piece.stream] = (data + piece.data, last or piece.last)
    return streams


def _server(first: int, payload: bytes) -> bytes:
    size = len(payload)
    head = struct.pack(">B", size) if size < 126 else struct.pack(">BH", 126, size)
    return bytes([first]) + head + payload


def test_streams_are_opened_with_their_headers_and_the_silent_one_ends() -> None:
    events = list(Connection(client=False).receive(_spdy().open()))

    assert events == [
        Opened(1, {"streamtype": "error"}),
        Opened(3, {"streamtype": "stdout", "port": "80"}),
        Received(1, b"", fin=True),
    ]


@given(st.binary(max_size=300), st.lists(st.integers(0, 40), max_size=8))
def test_spdy_data_come_in_any_chunks(data: bytes, sizes: list[int]) -> None:
    wire, server = _spdy(), Connection(client=False)
    list(server.receive(wire.open()))
    sent = server.accept(3) + server.send(3, data, fin=True)

    pieces = [piece for chunk in _chunked(sent, sizes) for piece in wire.receive(chunk)]

    assert _joined(pieces) == {STDOUT: (data, True)}
    assert list(server.receive(wire.send(STDOUT, data) + wire.finish(STDOUT))) == [
        *([Received(3, data)] if data else []),
        Received(3, b"", fin=True),
    ]


def test_a_servers_ping_is_answered_and_ours_isnt() -> None:
    server = Connection(client=False)

    assert _spdy().receive(server.ping(2) + server.ping(1)) == [Piece(CONNECTION, server.ping(2))]


def test_a_reset_and_a_final_reply_end_a_stream() -> None:
    wire, server = _spdy(), Connection(client=False)
    list(server.receive(wire.open()))
    reply = control(Kind.SYN_REPLY, struct.pack(">I", 1) + Packer().pack({}), fin=True)

    assert wire.receive(reply + server.reset(3)) == [
        Piece(ERROR, last=True),
        Piece(STDOUT, last=True),
    ]


def test_streams_that_the_server_opens_are_refused() -> None:
    wire, server = _spdy(), Connection(client=False)
    stream, opening = server.open({"streamtype": "stderr"})

    assert wire.receive(opening) == [Piece(CONNECTION, Connection(client=True).reset(stream))]


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">II", 0x80020001, 4),
        struct.pack(">II", 0x80030008, 2**20),
        struct.pack(">II", 0x80030003, 0),
    ],
)
def test_what_is_no_spdy_is_refused(frame: bytes) -> None:
    with pytest.raises((errors.DataLoss, errors.ResourceExhausted)):
        _spdy().receive(frame)


def _frames() -> st.SearchStrategy[bytes]:
    """Frames that are almost right, so that the deeper checks are met too."""
    spdy = st.builds(
        lambda kind, body, fin: control(kind, body, fin=fin),
        st.sampled_from(Kind),
        st.binary(max_size=40),
        st.booleans(),
    )
    messages = st.builds(
        _server,
        st.sampled_from([0x00, 0x02, 0x80, 0x82, 0x88, 0x89, 0x8A]),
        st.one_of(spdy, st.binary(max_size=40)),
    )
    return st.one_of(spdy, messages, st.binary(max_size=200))


@given(st.lists(_frames(), max_size=12), st.sampled_from(["spdy", "websocket", "tunnel"]))
def test_no_bytes_break_a_codec_nor_make_it_hold_much(chunks: list[bytes], kind: str) -> None:
    spdy, websocket, tunnel = _spdy(), WebSocketWire(V5), TunnelWire(_spdy())
    wires: dict[str, Wire] = {"spdy": spdy, "websocket": websocket, "tunnel": tunnel}

    with suppress(errors.DataLoss, errors.ResourceExhausted):
        for chunk in chunks:
            wires[kind].receive(chunk)

    assert len(spdy._connection._reader._buffer) <= Limits().control_bytes + 8
    assert max(len(one._messages._buffer) for one in (websocket, tunnel)) <= 127


@given(st.binary(max_size=400), st.lists(st.integers(0, 40), max_size=8))
def test_websocket_messages_come_in_any_chunks(data: bytes, sizes: list[int]) -> None:
    wire = WebSocketWire(V4)

    chunks = _chunked(_server(0x82, b"\x01" + data), sizes)

    pieces = [piece for chunk in chunks for piece in wire.receive(chunk)]
    assert _joined(pieces) == {1: (data, False)}


def test_a_message_in_fragments_keeps_its_channel() -> None:
    wire = WebSocketWire(V4)
    sent = _server(0x02, b"\x02one") + _server(0x89, b"p") + _server(0x80, b"two")

    first, ping, second = wire.receive(sent)

    assert (first, second) == (Piece(2, b"one"), Piece(2, b"two"))
    assert ping.stream == CONNECTION


def test_ports_at_the_beginning_of_channels_are_skipped() -> None:
    wire = WebSocketWire(V4, skipped=2)

    pieces = wire.receive(_server(0x82, b"\x00\x50\x00hi") + _server(0x82, b"\x00more"))

    assert [piece.data for piece in pieces] == [b"hi", b"more"]


def test_only_v5_ends_a_channel() -> None:
    assert WebSocketWire(V4).finish(0) == b""
    assert WebSocketWire(V5).finish(0)[:2] == bytes([0x82, 0x82])
    assert WebSocketWire(V5).receive(_server(0x82, b"\xff\x01")) == [Piece(1, last=True)]


def test_spdy_in_messages_carries_both_ways() -> None:
    wire, server = TunnelWire(_spdy()), Connection(client=False)
    list(server.receive(_spdy().open()))

    sent = server.send(3, b"hello", fin=True) + server.ping(2)

    assert wire.receive(_server(0x82, sent[:9]) + _server(0x82, sent[9:]))[:-1] == [
        Piece(STDOUT, b"h"),
        Piece(STDOUT, b"ello", last=True),
    ]
    assert wire.send(STDOUT, b"x")[:2] == bytes([0x82, 0x80 | 9])


def test_a_close_is_answered_and_ends_all() -> None:
    (piece,) = WebSocketWire(V4).receive(_server(0x88, b"\x03\xe8"))

    assert (piece.stream, piece.last) == (CONNECTION, True)


@given(st.binary(max_size=70_000))
def test_our_frames_are_masked_as_servers_expect(payload: bytes) -> None:
    sent = frame(BINARY, payload)
    head = {126: 4, 127: 10}.get(sent[1] & 0x7F, 2)
    key, body = sent[head : head + 4], sent[head + 4 :]

    assert sent[1] & 0x80
    assert bytes(byte ^ key[i % 4] for i, byte in enumerate(body[:500])) == payload[:500]
