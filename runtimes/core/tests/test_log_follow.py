from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core.logs import LogWriter, follow
from runtimes.core.logs.follow import Follow, Follower, follow_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class _Script:
    """Does one step each time that the follower finds the file quiet, and then says it's over."""

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._steps = list(steps)

    def wait(self, _period: float) -> None:
        self._steps.pop(0)()

    def ended(self) -> bool:
        return not self._steps

    def follow(self, path: Path, tail: int | None = None) -> Iterator[bytes]:
        options = Follow(ended=self.ended, wait=self.wait, tail=tail)
        return (entry.text for entry in follow_with(path, options))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "0.log"


@pytest.fixture
def writer(log: Path) -> Iterator[LogWriter]:
    with LogWriter(log) as opened:
        yield opened


def test_new_lines_are_followed_until_the_end(log: Path, writer: LogWriter) -> None:
    writer.write("stdout", b"a\nb\n")
    script = _Script(lambda: writer.write("stdout", b"c\n"), lambda: writer.write("stderr", b"d\n"))

    assert list(script.follow(log)) == [b"a\n", b"b\n", b"c\n", b"d\n"]


def test_lines_written_just_before_the_end_are_not_lost(log: Path, writer: LogWriter) -> None:
    asked = 0

    def ended() -> bool:
        nonlocal asked
        asked += 1
        writer.write("stdout", b"%d\n" % asked)  # just after the look before, at the last moment
        return asked >= 3

    texts = [entry.text for entry in follow_with(log, Follow(ended=ended, wait=lambda _: None))]

    assert texts == [b"%d\n" % number for number in range(1, asked + 1)]


def test_an_ended_container_without_a_log_gives_nothing(log: Path) -> None:
    assert list(follow(log, ended=lambda: True)) == []


def test_a_log_that_comes_later_is_waited_for(log: Path) -> None:
    def create() -> None:
        with LogWriter(log) as late:
            late.write("stdout", b"late\n")

    assert list(_Script(lambda: None, create).follow(log)) == [b"late\n"]


def test_tail_then_everything_new(log: Path, writer: LogWriter) -> None:
    writer.write("stdout", b"a\nb\nc\n")

    script = _Script(lambda: writer.write("stdout", b"d\ne\n"))

    assert list(script.follow(log, tail=1)) == [b"c\n", b"d\n", b"e\n"]


def test_since_holds_for_new_lines_too(log: Path, writer: LogWriter) -> None:
    writer.write("stdout", b"old\n", 1)
    writer.write("stdout", b"new\n", 5)

    assert [e.text for e in follow(log, ended=lambda: True, since_ns=2)] == [b"new\n"]


def test_a_prompt_without_newline_is_shown_while_quiet_and_the_rest_follows(
    log: Path, writer: LogWriter
) -> None:
    writer.write("stdout", b"password: ")

    script = _Script(lambda: writer.write("stdout", b"ok\n"))

    assert list(script.follow(log)) == [b"password: ", b"ok\n"]


def test_a_torn_line_is_read_once_it_is_whole(log: Path, writer: LogWriter) -> None:
    writer.write("stdout", b"whole\n")
    line = log.read_bytes()
    log.write_bytes(line + line[:20])

    def complete() -> None:
        with log.open("ab") as file:
            file.write(line[20:])

    assert list(_Script(complete).follow(log)) == [b"whole\n", b"whole\n"]


def test_rotation_by_rename_loses_nothing(log: Path, writer: LogWriter) -> None:
    writer.write("stdout", b"1\n")
    old = log.with_name("0.log.20260101-000000")

    script = _Script(
        lambda: log.rename(old),
        lambda: writer.write("stdout", b"2 before the reopen\n"),
        writer.reopen,
        lambda: writer.write("stdout", b"3\n"),
    )

    assert list(script.follow(log)) == [b"1\n", b"2 before the reopen\n", b"3\n"]


def test_rotation_between_two_looks_loses_nothing(log: Path, writer: LogWriter) -> None:
    def rotate() -> None:
        writer.write("stdout", b"2\n")
        log.rename(log.with_name("0.log.20260101-000000"))
        writer.write("stdout", b"3\n")
        writer.reopen()
        writer.write("stdout", b"4\n")

    writer.write("stdout", b"1\n")

    assert list(_Script(rotate).follow(log)) == [b"1\n", b"2\n", b"3\n", b"4\n"]


def test_several_rotations_between_two_looks_lose_nothing(log: Path, writer: LogWriter) -> None:
    log.with_name("0.log.20251231-235959").write_bytes(b"older: not ours\n")
    log.with_name("0.log.bak").write_bytes(b"not a rotated log\n")

    def rotate_thrice() -> None:
        for number in range(3):
            log.rename(log.with_name(f"0.log.20260101-00000{number}"))
            writer.reopen()
            writer.write("stdout", b"%d\n" % number)

    writer.write("stdout", b"first\n")

    assert list(_Script(rotate_thrice).follow(log)) == [b"first\n", b"0\n", b"1\n", b"2\n"]


def test_a_line_that_a_rotation_cut_in_two_entries_is_joined(log: Path, writer: LogWriter) -> None:
    writer.write("stdout", b"one\n")

    def rotate() -> None:
        writer.write("stdout", b"be")
        log.rename(log.with_name("0.log.20260101-000000"))
        writer.reopen()
        writer.write("stdout", b"fore\n")

    assert list(_Script(rotate).follow(log)) == [b"one\n", b"before\n"]


def test_a_truncated_log_is_read_from_its_start(log: Path, writer: LogWriter) -> None:
    writer.write("stdout", b"a long first line\n")

    def truncate() -> None:
        os.truncate(log, 0)
        writer.write("stdout", b"b\n")

    assert list(_Script(truncate).follow(log)) == [b"a long first line\n", b"b\n"]


def test_a_log_removed_with_its_folder_is_read_to_its_end(log: Path) -> None:
    folder = log.parent / "pod"
    folder.mkdir()
    with LogWriter(folder / "0.log") as doomed:
        doomed.write("stdout", b"before\n")

        def remove() -> None:
            doomed.write("stdout", b"last\n")
            shutil.rmtree(folder)

        assert list(_Script(remove).follow(folder / "0.log")) == [b"before\n", b"last\n"]


def test_a_file_that_comes_and_goes_while_its_forerunner_is_read_is_read_too(
    log: Path, writer: LogWriter
) -> None:
    def rotate(number: int) -> None:
        log.rename(log.with_name(f"0.log.20260101-{number:06d}"))
        writer.reopen()

    writer.write("stdout", b"0\n1\n")
    with Follower(log) as follower:
        entries = follower.new()
        assert next(entries).text == b"0\n"
        assert [entry.text for entry in entries] == [b"1\n"]
        writer.write("stdout", b"2\n3\n")
        rotate(1)
        writer.write("stdout", b"4\n")
        entries = follower.new()
        assert next(entries).text == b"2\n"

        rotate(2)
        writer.write("stdout", b"5\n")

        assert [entry.text for entry in entries] == [b"3\n", b"4\n", b"5\n"]


def test_a_busy_writer_in_another_thread_is_followed_through_rotations(
    log: Path, writer: LogWriter
) -> None:
    begun, over = threading.Event(), threading.Event()

    def produce() -> None:
        for number in range(3000):
            writer.write("stdout", b"%d\n" % number)
            begun.wait(10)  # what was rotated away before anyone followed isn't followed
            if number % 500 == 499:
                log.rename(log.with_name(f"0.log.20260101-{number:06d}"))
                writer.reopen()
        over.set()

    thread = threading.Thread(target=produce)
    thread.start()
    texts = []
    for entry in follow(log, ended=over.is_set):
        begun.set()
        texts.append(entry.text)
    thread.join()

    assert texts == [b"%d\n" % number for number in range(3000)]
