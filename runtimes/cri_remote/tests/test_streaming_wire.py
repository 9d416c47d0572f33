"""The codecs: what goes out is what servers read, and nothing that comes in breaks them."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.core.streaming.spdy.dictionary import DICTIONARY
from runtimes.cri_remote.streaming.spdy import MAX_CONTROL, SpdyWire
from runtimes.cri_remote.streaming.websocket import BINARY, V4, V5, WebSocketWire, frame
from runtimes.cri_remote.streaming.wire import CONNECTION, Piece


def _spdy() -> SpdyWire:
    return SpdyWire([{"streamtype": "error"}, {"streamtype": "stdout", "port": "80"}])


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


def test_streams_are_opened_with_their_headers_in_one_context() -> None:
    frames = _spdy().open()
    inflate = zlib.decompressobj(zdict=DICTIONARY)
    blocks = []
    while frames:
        first, second, number = struct.unpack_from(">III", frames)
        assert first == 0x80030001
        blocks.append((number, inflate.decompress(frames[18 : 8 + second])))
        frames = frames[8 + second :]

    assert [number for number, _ in blocks] == [1, 3]
    assert blocks[0][1] == b"\0\0\0\1\0\0\0\x0astreamtype\0\0\0\5error"
    assert blocks[1][1].endswith(b"\0\0\0\4port\0\0\0\x0280")


def test_big_data_are_cut_into_frames() -> None:
    wire, receiver = _spdy(), _spdy()
    data = bytes(2**24 + 5)

    framed = wire.send(1, data)

    assert len(framed) == len(data) + 16
    assert _joined(receiver.receive(framed)) == {1: (data, False)}


@given(st.binary(max_size=300), st.lists(st.integers(0, 40), max_size=8))
def test_spdy_data_come_in_any_chunks(data: bytes, sizes: list[int]) -> None:
    wire, receiver = _spdy(), _spdy()
    sent = wire.send(1, data) + wire.finish(1)

    pieces = [piece for chunk in _chunked(sent, sizes) for piece in receiver.receive(chunk)]

    assert _joined(pieces) == {1: (data, True)}


def test_a_servers_ping_is_answered_and_ours_isnt() -> None:
    ping, answer = (struct.pack(">III", 0x80030006, 4, number) for number in (2, 1))

    assert _spdy().receive(ping + answer) == [Piece(CONNECTION, ping)]


def test_a_reset_and_a_final_reply_end_a_stream() -> None:
    reset = struct.pack(">IIII", 0x80030003, 8, 3, 5)
    reply = struct.pack(">III", 0x80030002, 1 << 24 | 4, 1)

    assert _spdy().receive(reset + reply) == [Piece(1, last=True), Piece(0, last=True)]


@pytest.mark.parametrize(
    "frame",
    [
        struct.pack(">II", 0x80020001, 4),
        struct.pack(">II", 0x80030008, MAX_CONTROL + 1),
        struct.pack(">II", 0x80030003, 0),
    ],
)
def test_what_is_no_spdy_is_refused(frame: bytes) -> None:
    with pytest.raises(errors.DataLoss):
        _spdy().receive(frame)


@given(st.lists(st.binary(max_size=200), max_size=10), st.sampled_from(["spdy", "websocket"]))
def test_random_bytes_never_break_a_codec_nor_make_it_hold_much(
    chunks: list[bytes], kind: str
) -> None:
    wire = _spdy() if kind == "spdy" else WebSocketWire(V4)
    try:
        for chunk in chunks:
            wire.receive(chunk)
    except errors.DataLoss:
        pass
    assert len(wire._buffer) <= MAX_CONTROL + 8


def _server(first: int, payload: bytes) -> bytes:
    size = len(payload)
    head = struct.pack(">B", size) if size < 126 else struct.pack(">BH", 126, size)
    return bytes([first]) + head + payload


@given(st.binary(max_size=400), st.lists(st.integers(0, 40), max_size=8))
def test_websocket_messages_come_in_any_chunks(data: bytes, sizes: list[int]) -> None:
    wire = WebSocketWire(V4)

    chunks = _chunked(_server(0x82, b"\x01" + data), sizes)

    pieces = [piece for chunk in chunks for piece in wire.receive(chunk)]
    assert _joined(pieces) == ({1: (data, False)} if data else {})


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
