"""The pure parts of the wire: heads, bodies, frames, messages, cut anywhere."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.core.docker.frames import Demultiplexer, Stream, frame
from runtimes.docker_legacy.wire.body import Chunked, Sized, UntilClose, decoder
from runtimes.docker_legacy.wire.head import MAX_HEAD, Head, split
from runtimes.docker_legacy.wire.json_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Iterable

CUTS = st.lists(st.integers(0, 400), max_size=12)
OUTPUT = st.lists(
    st.tuples(st.sampled_from([Stream.STDOUT, Stream.STDERR]), st.binary(max_size=40)), max_size=8
)


def pieces(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """Cut `data` at `cuts`."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


@given(output=OUTPUT, cuts=CUTS)
def test_frames_come_out_as_they_went_in_however_cut(
    output: list[tuple[Stream, bytes]], cuts: list[int]
) -> None:
    demultiplexer = Demultiplexer()

    got = [
        piece
        for part in pieces(b"".join(frame(*one) for one in output), cuts)
        for piece in demultiplexer.feed(part)
    ]

    for stream in (Stream.STDOUT, Stream.STDERR):
        wanted = b"".join(data for of, data in output if of is stream)
        assert b"".join(data for of, data in got if of is stream) == wanted
    assert all(data for _, data in got)
    assert not demultiplexer.inside


@given(data=st.binary(min_size=1, max_size=50), missing=st.integers(1, 50))
def test_a_cut_frame_is_seen_as_one(data: bytes, missing: int) -> None:
    whole = frame(Stream.STDOUT, data)
    demultiplexer = Demultiplexer()

    demultiplexer.feed(whole[: max(1, len(whole) - missing)])

    assert demultiplexer.inside


def test_frames_give_data_before_their_end_has_come() -> None:
    demultiplexer = Demultiplexer()

    assert demultiplexer.feed(frame(Stream.STDOUT, b"abcdef")[:10]) == [(Stream.STDOUT, b"ab")]


@pytest.mark.parametrize("data", [b"plain text of a tty", b"\x04\0\0\0\0\0\0\1x"])
def test_what_is_no_frame_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(errors.Internal, match="tty"):
        Demultiplexer().feed(data)


@given(body=st.binary(max_size=200), sizes=st.lists(st.integers(1, 60), max_size=9), cuts=CUTS)
def test_chunks_are_joined_however_cut(body: bytes, sizes: list[int], cuts: list[int]) -> None:
    left, wire = body, b""
    for size in sizes:
        if left[:size]:
            wire += f"{len(left[:size]):X};ext=1\r\n".encode() + left[:size] + b"\r\n"
        left = left[size:]
    sent = body[: len(body) - len(left)]
    chunked = Chunked()

    got = b"".join(chunked.feed(part) for part in pieces(wire + b"0\r\nTrailer: x\r\n\r\n", cuts))

    assert got == sent
    assert chunked.ended


def test_a_chunk_is_given_before_its_end_has_come() -> None:
    chunked = Chunked()

    assert chunked.feed(b"a\r\nabc") == b"abc"
    assert not chunked.ended


@pytest.mark.parametrize("line", [b"xyz\r\n", b"\r\n", b"-5\r\n", b"0x5\r\n", b"5" * 5000])
def test_a_chunk_without_a_size_is_refused(line: bytes) -> None:
    with pytest.raises(errors.Internal):
        Chunked().feed(line)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (200, {"transfer-encoding": "chunked"}, Chunked),
        (200, {"content-length": "3"}, Sized),
        (200, {}, UntilClose),
        (101, {"content-length": "0"}, UntilClose),
        (204, {}, Sized),
        (304, {"transfer-encoding": "identity"}, Sized),
    ],
)
def test_a_body_ends_as_its_head_says(status: int, headers: dict[str, str], kind: type) -> None:
    assert isinstance(decoder(Head(status, "", headers)), kind)


def test_a_sized_body_takes_no_more_than_its_size() -> None:
    sized = Sized(3)

    assert sized.feed(b"abcdef") == b"abc"
    assert sized.ended


def test_head_keeps_what_follows_it() -> None:
    found = split(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n\1\0\0\0rest")

    assert found is not None
    head, rest = found
    assert head.switched
    assert head.headers == {"upgrade": "tcp"}
    assert rest == b"\1\0\0\0rest"


def test_head_that_isn_t_complete_is_none() -> None:
    assert split(b"HTTP/1.1 200 OK\r\nA: b\r\n") is None


def test_head_of_an_interim_answer_is_skipped() -> None:
    found = split(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody")

    assert found is not None
    assert (found[0].status, found[1]) == (200, b"body")


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"x" * MAX_HEAD * 2]
)
def test_what_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(errors.Internal):
        split(data)


@given(
    messages=st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3)),
    cuts=CUTS,
)
def test_messages_come_out_as_they_went_in_however_cut(
    messages: list[dict[str, str]], cuts: list[int]
) -> None:
    wire = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\r\n" for one in messages)
    lines = JsonLines()

    got = [message for part in pieces(wire, cuts) for message in lines.feed(part)]

    assert got == messages
    assert not lines.inside


@pytest.mark.parametrize("data", [b"not json", b"[1]\n", b'{"a": }'])
def test_messages_that_are_none_are_refused(data: bytes) -> None:
    lines = JsonLines()

    with pytest.raises(errors.Internal):
        lines.feed(data + b" " * (1 << 20))
