from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.client.log_lines import LogOptions, Merger, follow_all, read_all
from runtimes.core import errors
from runtimes.core.logs import LogWriter
from runtimes.core.pod.status import ContainerState, ContainerStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Logged:
    """A container with a log to be written."""

    def __init__(self, folder: Path, name: str, created: int) -> None:
        path = folder / f"{name}.log"
        self.writer = LogWriter(path)
        self.status = ContainerStatus(
            id=f"id-{name}",
            name=name,
            state=ContainerState.RUNNING,
            created_at_ns=created,
            log_path=str(path),
        )

    def ended(self) -> ContainerStatus:
        self.writer.close()
        return replace(self.status, state=ContainerState.EXITED)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Logged]:
    logged = Logged(tmp_path, "first", 1)
    yield logged
    logged.writer.close()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Logged]:
    logged = Logged(tmp_path, "second", 2)
    yield logged
    logged.writer.close()


def _texts(merger: Merger) -> list[bytes]:
    return [line.text for line in merger.lines()]


def test_logs_of_several_containers_are_merged_by_time(first: Logged, second: Logged) -> None:
    first.writer.write("stdout", b"a\n", 10)
    second.writer.write("stderr", b"b\n", 20)
    first.writer.write("stdout", b"c\n", 30)

    lines = list(read_all([first.status, second.status], LogOptions()))

    assert [(line.container, line.text) for line in lines] == [
        ("first", b"a\n"), ("second", b"b\n"), ("first", b"c\n"),
    ]  # fmt: skip
    assert lines[1].stream == "stderr"


def test_following_gives_each_line_once(first: Logged, second: Logged) -> None:
    merger = Merger()
    merger.update([first.status, second.status])
    second.writer.write("stdout", b"b\n", 20)
    first.writer.write("stdout", b"a\n", 10)
    assert _texts(merger) == [b"a\n", b"b\n"]
    assert _texts(merger) == []

    first.writer.write("stdout", b"c\n", 30)

    assert _texts(merger) == [b"c\n"]
    assert not merger.idle
    merger.close()


def test_what_a_container_wrote_last_is_read_before_it_is_let_go(first: Logged) -> None:
    merger = Merger()
    merger.update([first.status])
    first.writer.write("stdout", b"last words without a newline")

    merger.update([first.ended()])

    assert _texts(merger) == [b"last words without a newline"]
    assert merger.idle
    merger.update([first.ended()])
    assert merger.idle


def test_a_container_that_ended_before_it_was_seen_is_read(first: Logged) -> None:
    first.writer.write("stdout", b"quick\n")
    merger = Merger()

    merger.update([first.ended()])

    assert _texts(merger) == [b"quick\n"]


def test_tail_counts_for_each_container(first: Logged, second: Logged) -> None:
    for logged in (first, second):
        logged.writer.write("stdout", b"1\n2\n3\n", logged.status.created_at_ns)
    merger = Merger(LogOptions(tail=1))

    merger.update([first.status, second.status])

    assert _texts(merger) == [b"3\n", b"3\n"]
    merger.close()


def test_a_container_without_a_log_is_refused_by_name() -> None:
    status = ContainerStatus(id="x", name="mute", state=ContainerState.RUNNING)

    with pytest.raises(errors.Unimplemented, match="mute"):
        list(read_all([status], LogOptions()))


def test_following_waits_for_the_next_attempt_while_the_pod_goes_on(
    first: Logged, second: Logged
) -> None:
    first.writer.write("stdout", b"a\n", 10)
    second.writer.write("stdout", b"b\n", 20)
    looks = iter([[first.ended()], [first.ended()], [second.ended()]])
    kept = iter([True, True, False])

    lines = follow_all(lambda: next(looks), LogOptions(), lambda: next(kept))

    assert [line.text for line in lines] == [b"a\n", b"b\n"]
