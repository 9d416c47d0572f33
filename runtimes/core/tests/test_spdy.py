"""SPDY/3.1: two ends understand each other, and no bytes do more than raise our errors."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.core.streaming.spdy import (
    Accepted,
    Connection,
    Event,
    Left,
    Limits,
    Opened,
    Received,
    Reset,
)
from runtimes.core.streaming.spdy.dictionary import DICTIONARY
from runtimes.core.streaming.spdy.frames import Kind, control, data
from runtimes.core.streaming.spdy.headers import Packer


def pair() -> tuple[Connection, Connection]:
    return Connection(client=True), Connection(client=False)


def test_the_dictionary_is_the_one_that_everybody_has() -> None:
    assert len(DICTIONARY) == 1423
    assert zlib.adler32(DICTIONARY) == 0xE3C6A7C2
    assert hashlib.sha256(DICTIONARY).hexdigest().endswith("07f02")


@given(
    st.lists(
        st.dictionaries(
            st.text("abcdefgh-:", min_size=1), st.text(st.characters(max_codepoint=255))
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 40),
)
def test_headers_of_many_streams_arrive_however_the_bytes_are_cut(
    blocks: list[dict[str, str]], step: int
) -> None:
    client, server = pair()
    wire = b"".join(client.open(headers)[1] for headers in blocks)

    events: list[Event] = []
    for at in range(0, len(wire), step):
        events += server.receive(wire[at : at + step])

    assert events == [Opened(1 + 2 * n, headers) for n, headers in enumerate(blocks)]


def test_data_flows_both_ways_and_ends_one_way_at_a_time() -> None:
    client, server = pair()
    stream, opening = client.open({"streamtype": "stdin"})
    list(server.receive(opening))

    assert list(client.receive(server.accept(stream))) == [Accepted(stream, {})]
    assert list(server.receive(client.send(stream, b"in", fin=True))) == [
        Received(stream, b"in", fin=True)
    ]
    assert client.send(stream, b"more") == b""
    assert list(client.receive(server.send(stream, b"out"))) == [Received(stream, b"out")]
    assert list(client.receive(server.send(stream, b"", fin=True))) == [
        Received(stream, b"", fin=True)
    ]
    assert (client.streams, server.streams) == (0, 0)


def test_a_long_frame_is_passed_on_as_it_comes() -> None:
    client, server = pair()
    stream, opening = client.open({})
    list(server.receive(opening))
    wire = client.send(stream, bytes(100_000), fin=True)

    first = list(server.receive(wire[:5000]))
    rest = list(server.receive(wire[5000:]))

    assert first == [Received(stream, bytes(4992))]
    assert rest == [Received(stream, bytes(95_008), fin=True)]


def test_data_beyond_a_frames_length_goes_in_several() -> None:
    size = 0xFF_FFFF
    wire = data(1, bytes(size + 1), fin=True)

    assert wire[:8] == struct.pack("!II", 1, size)
    assert wire[8 + size : 16 + size] == struct.pack("!II", 1, 1 << 24 | 1)


def test_reset_goaway_and_ping() -> None:
    client, server = pair()
    stream, opening = client.open({})
    list(server.receive(opening))

    assert list(client.receive(server.reset(stream))) == [Reset(stream, 5)]
    assert list(client.receive(server.leave())) == [Left()]
    assert list(server.receive(client.ping(1))) == []
    assert server.answers() == client.ping(1)
    assert list(client.receive(client.ping(1))) == []
    assert client.answers() == b""


def test_streams_beyond_the_limit_are_refused_and_the_others_go_on() -> None:
    client, server = Connection(client=True), Connection(client=False, limits=Limits(streams=1))
    first, opening = client.open({})
    second, another = client.open({"a": "b"})

    assert list(server.receive(opening + another)) == [Opened(first, {})]
    assert list(client.receive(server.answers())) == [Reset(second, 3)]
    assert list(server.receive(client.send(first, b"x"))) == [Received(first, b"x")]


def test_a_header_block_that_inflates_too_far_is_refused() -> None:
    block = Packer().pack({"a": "x" * 100_000})
    wire = control(Kind.SYN_STREAM, struct.pack("!IIH", 1, 0, 0) + block)

    with pytest.raises(errors.ResourceExhausted):
        list(Connection(client=False).receive(wire))


@pytest.mark.parametrize("stream", [0, 2])
def test_a_client_cannot_open_a_servers_stream(stream: int) -> None:
    wire = control(Kind.SYN_STREAM, struct.pack("!IIH", stream, 0, 0) + Packer().pack({}))

    with pytest.raises(errors.DataLoss):
        list(Connection(client=False).receive(wire))


def frames_of_any_kind() -> st.SearchStrategy[bytes]:
    """Frames that are almost right, so that the deeper checks are met too."""
    stream = st.integers(0, 9).map(lambda number: struct.pack("!I", number))
    block = st.one_of(st.binary(max_size=60), st.just(Packer().pack({"streamtype": "data"})))
    payload = st.tuples(stream, st.sampled_from((b"", bytes(6))), block).map(b"".join)
    controls = st.builds(
        lambda kind, body, fin: control(kind, body, fin=fin),
        st.sampled_from(Kind),
        st.one_of(payload, st.binary(max_size=40)),
        st.booleans(),
    )
    datas = st.builds(
        lambda number, body, fin: data(number, body, fin=fin),
        st.integers(0, 9),
        st.binary(max_size=40),
        st.booleans(),
    )
    return st.one_of(controls, datas, st.binary(max_size=40))


@given(st.lists(frames_of_any_kind(), max_size=20), st.booleans())
def test_no_bytes_crash_or_grow_it(parts: list[bytes], client: bool) -> None:
    connection = Connection(client=client, limits=Limits(streams=3, control_bytes=200))

    try:
        for part in parts:
            list(connection.receive(part))
    except (errors.DataLoss, errors.ResourceExhausted):
        pass

    assert connection.streams <= 3
