from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.core.logs.line import Entry, decode, encode, format_time, parse_time

_NS = 1475713029669794202


def test_a_full_line_is_read_with_its_newline() -> None:
    entry = decode(b"2016-10-06T00:17:09.669794202Z stdout F log entry 1\n")

    assert entry == Entry(_NS, "stdout", b"log entry 1\n")
    assert not entry.partial


def test_a_partial_line_is_read_without_a_newline() -> None:
    entry = decode(b"2016-10-06T00:17:09.669794202Z stderr P:x a  b \n")

    assert entry == Entry(_NS, "stderr", b"a  b ")
    assert entry.partial


@pytest.mark.parametrize(
    "text",
    [
        b"2016-10-06T00:17:09.669794202Z",
        b"2016-10-06T00:17:09.669794202+00:00",
        b"2016-10-06T02:17:09.669794202+02:00",
        b"2016-10-05T18:47:09.669794202-05:30",
    ],
)
def test_times_of_any_offset_are_read(text: bytes) -> None:
    assert parse_time(text) == _NS


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        (b"1970-01-01T00:00:00Z", 0),
        (b"1970-01-01T00:00:01.5Z", 1_500_000_000),
        (b"1969-12-31T23:59:59.25Z", -750_000_000),
    ],
)
def test_fractions_may_be_short_or_absent(text: bytes, ns: int) -> None:
    assert parse_time(text) == ns


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"hello world\n",
        b"2016-10-06T00:17:09Z stdin F x\n",
        b"2016-10-06T00:17:09Z stdout X x\n",
        b"2016-13-06T00:17:09Z stdout F x\n",
        b"2016-10-06 stdout F x\n",
        b"2016-10-06T00:17:09Z stdout\n",
        b'{"log":"x","stream":"stdin","time":"2016-10-06T00:17:09Z"}\n',
        b'{"log":"x","stream":"stdout","ti',
    ],
)
def test_a_broken_line_is_refused(line: bytes) -> None:
    with pytest.raises(errors.DataLoss):
        decode(line)


def test_an_empty_line_may_lack_the_last_blank() -> None:
    assert decode(b"2016-10-06T00:17:09.669794202Z stdout F\n").text == b"\n"


def test_an_entry_of_several_lines_cannot_be_written() -> None:
    with pytest.raises(errors.InvalidArgument):
        encode(Entry(0, "stdout", b"a\nb\n"))


def test_rendering_puts_the_time_in_front_when_asked() -> None:
    entry = Entry(_NS, "stdout", b"x\n")

    assert entry.render() == b"x\n"
    assert entry.render(timestamps=True) == b"2016-10-06T00:17:09.669794202Z x\n"


@given(st.integers(-(10**18), 4 * 10**18))
def test_times_survive_a_round_trip(ns: int) -> None:
    assert parse_time(format_time(ns)) == ns


@given(
    st.integers(0, 4 * 10**18),
    st.sampled_from(["stdout", "stderr"]),
    st.binary().filter(lambda text: b"\n" not in text),
    st.sampled_from([b"", b"\n"]),
)
def test_entries_survive_a_round_trip(ns: int, stream: str, text: bytes, end: bytes) -> None:
    entry = Entry(ns, "stdout" if stream == "stdout" else "stderr", text + end)

    line = encode(entry)

    assert line.count(b"\n") == 1
    assert decode(line) == entry


def test_a_line_of_docker_s_own_log_is_read_with_its_newline() -> None:
    line = b'{"log":"hi\\n","stream":"stderr","time":"1970-01-01T00:00:01.000000002Z"}\n'

    assert decode(line) == Entry(1_000_000_002, "stderr", b"hi\n")
