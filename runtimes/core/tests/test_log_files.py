from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.core.logs import Entry, LogWriter, read
from runtimes.core.logs import joiner as joiner_module
from runtimes.core.logs import tail as tail_module
from runtimes.core.logs.line import decode, encode
from runtimes.core.logs.writer import MAX_TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.logs import Stream

_STREAM: st.SearchStrategy[Stream] = st.sampled_from(["stdout", "stderr"])
_WRITES = st.lists(st.tuples(_STREAM, st.text("ab\n", min_size=1, max_size=8)), max_size=25)


def _texts(path: Path, tail: int | None = None) -> list[bytes]:
    return [entry.text for entry in read(path, tail=tail)]


def _of(entries: list[Entry], stream: str) -> bytes:
    return b"".join(entry.text for entry in entries if entry.stream == stream)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "0.log"


@given(_WRITES)
def test_reading_gives_back_exactly_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[Stream, str]]
) -> None:
    path = tmp_path_factory.mktemp("log") / "0.log"
    with LogWriter(path) as writer:
        for stream, text in writes:
            writer.write(stream, text.encode())

    entries = list(read(path))

    for name in ("stdout", "stderr"):
        assert _of(entries, name) == "".join(t for s, t in writes if s == name).encode()
    assert all(entry.text.count(b"\n") <= 1 for entry in entries)


@given(_WRITES, st.integers(0, 12), st.integers(24, 90))
def test_tail_gives_the_last_logical_lines(
    tmp_path_factory: pytest.TempPathFactory,
    writes: list[tuple[Stream, str]],
    count: int,
    block: int,
) -> None:
    path = tmp_path_factory.mktemp("log") / "0.log"
    with LogWriter(path) as writer:
        for moment, (stream, text) in enumerate(writes):
            writer.write(stream, text.encode(), moment)
    everything = list(read(path))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail_module, "BLOCK", block)
        tail = list(read(path, tail=count))

    finished = [entry for entry in everything if not entry.partial]
    unfinished = [entry for entry in everything if entry.partial]
    assert [e for e in tail if not e.partial] == finished[len(finished) - _finished(tail) :]
    assert all(entry in unfinished for entry in tail if entry.partial)
    assert len(tail) >= min(count, len(everything))
    assert len(tail) <= count + len(unfinished)


def _finished(entries: list[Entry]) -> int:
    return sum(not entry.partial for entry in entries)


def test_tail_keeps_the_beginning_of_a_line_that_the_other_stream_interrupted(log: Path) -> None:
    with LogWriter(log) as writer:
        writer.write("stdout", b"old\n")
        writer.write("stdout", b"begin-")
        writer.write("stderr", b"between\n")
        writer.write("stdout", b"end\n")

    assert _texts(log, tail=1) == [b"begin-end\n"]
    assert _texts(log, tail=2) == [b"between\n", b"begin-end\n"]


def test_tail_of_zero_lines_is_empty_and_of_too_many_is_all(log: Path) -> None:
    with LogWriter(log) as writer:
        writer.write("stdout", b"a\nb\n")

    assert _texts(log, tail=0) == []
    assert _texts(log, tail=99) == [b"a\n", b"b\n"]


def test_tail_reads_only_the_end_of_a_large_log(log: Path) -> None:
    with LogWriter(log) as writer:
        for number in range(20_000):
            writer.write("stdout", b"line %d\n" % number)
    with log.open("rb") as file:
        found = tail_module.find_tail(file, 3)

    assert log.stat().st_size - found.offset < 200
    assert _texts(log, tail=3) == [b"line 19997\n", b"line 19998\n", b"line 19999\n"]


def test_since_leaves_out_older_lines(log: Path) -> None:
    with LogWriter(log) as writer:
        for moment in (10, 20, 30):
            writer.write("stdout", b"%d\n" % moment, moment)

    assert [entry.text for entry in read(log, since_ns=20)] == [b"20\n", b"30\n"]
    assert [entry.text for entry in read(log, tail=1, since_ns=20)] == [b"30\n"]


def test_limit_cuts_the_text_to_that_many_bytes(log: Path) -> None:
    with LogWriter(log) as writer:
        writer.write("stdout", b"12345\n67890\n")

    assert b"".join(e.text for e in read(log, limit_bytes=8)) == b"12345\n67"
    assert list(read(log, limit_bytes=0)) == []


def test_a_long_line_is_split_on_disk_and_joined_when_read(log: Path) -> None:
    line = os.urandom(50_000).replace(b"\n", b"x") + b"\n"
    with LogWriter(log) as writer:
        writer.write("stdout", line)

    stored = [decode(physical) for physical in log.read_bytes().split(b"\n")[:-1]]

    assert _texts(log) == [line]
    assert len(stored) == 4
    assert all(len(entry.text) <= MAX_TEXT + 1 for entry in stored)


def test_an_endless_line_is_handed_on_in_bounded_pieces(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joiner_module, "MAX_JOINED", 100)
    with LogWriter(log) as writer:
        for _ in range(25):
            writer.write("stdout", b"0123456789")

    entries = list(read(log))

    assert [len(entry.text) for entry in entries] == [100, 100, 50]
    assert all(entry.partial for entry in entries)


def test_broken_lines_are_left_out_and_told(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    log.write_bytes(
        encode(Entry(1, "stdout", b"a\n")) + b"\x00\x00 torn\n" + encode(Entry(2, "stdout", b"b\n"))
    )

    assert _texts(log) == [b"a\n", b"b\n"]
    assert _texts(log, tail=2) == [b"a\n", b"b\n"]
    assert "torn" in caplog.text


def test_a_line_that_is_still_being_written_is_not_read(log: Path) -> None:
    whole = encode(Entry(1, "stdout", b"a\n"))
    log.write_bytes(whole + encode(Entry(2, "stdout", b"b\n"))[:-1])

    assert _texts(log) == [b"a\n"]
    assert _texts(log, tail=1) == [b"a\n"]


def test_a_missing_log_is_not_found(log: Path) -> None:
    with pytest.raises(errors.NotFound, match=str(log)):
        list(read(log))


def test_reopen_goes_on_in_a_new_file(log: Path) -> None:
    with LogWriter(log) as writer:
        writer.write("stdout", b"old\n")
        log.rename(log.with_suffix(".log.1"))
        writer.write("stdout", b"still old\n")
        writer.reopen()
        writer.write("stdout", b"new\n")

    assert _texts(log.with_suffix(".log.1")) == [b"old\n", b"still old\n"]
    assert _texts(log) == [b"new\n"]


def test_writes_of_several_threads_never_mix(log: Path) -> None:
    with LogWriter(log) as first, LogWriter(log) as second:
        threads = [
            threading.Thread(target=lambda w=w, n=n: [w.write("stdout", n * 200 + b"\n")] * 1)
            for w in (first, second)
            for n in (b"a", b"b", b"c", b"d")
            for _ in range(10)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    texts = _texts(log)
    assert len(texts) == 80
    assert all(len(set(text.strip())) == 1 and len(text) == 201 for text in texts)


def test_writing_to_a_closed_log_is_refused(log: Path) -> None:
    writer = LogWriter(log)
    writer.close()
    writer.close()

    with pytest.raises(ValueError, match="closed"):
        writer.write("stdout", b"x")
