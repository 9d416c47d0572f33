"""Namespaces are made, entered and dropped without touching the caller's."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, netns

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.needs_root


def current() -> str:
    return str(Path("/proc/thread-self/ns/net").readlink())


@pytest.fixture
def pinned(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("needs root: network namespaces are made")
    path = tmp_path / "pinned"
    netns.create(path)
    yield path
    netns.delete(path)


def test_work_runs_inside_and_the_caller_stays_outside(pinned: Path) -> None:
    before = current()

    inside = netns.enter(pinned, current)

    assert inside != before
    assert netns.enter(pinned, current) == inside
    assert current() == before


def test_a_new_namespace_has_a_loopback_that_is_down(pinned: Path) -> None:
    lines = netns.enter(pinned, lambda: Path("/proc/thread-self/net/dev").read_text())

    assert [line.split(":")[0].strip() for line in lines.splitlines()[2:]] == ["lo"]


def test_exceptions_reach_the_caller(pinned: Path) -> None:
    def fail() -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        netns.enter(pinned, fail)


def test_no_thread_is_left(pinned: Path) -> None:
    netns.enter(pinned, current)

    assert not [thread for thread in threading.enumerate() if thread.name == "netns"]


def test_an_existing_path_is_refused_and_kept(pinned: Path) -> None:
    inside = netns.enter(pinned, current)

    with pytest.raises(errors.AlreadyExists):
        netns.create(pinned)

    assert netns.enter(pinned, current) == inside


def test_a_failed_create_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        netns.create(tmp_path / "missing" / "pinned")
    assert list(tmp_path.iterdir()) == []


def test_delete_is_idempotent_and_removes_the_file(pinned: Path) -> None:
    netns.delete(pinned)
    netns.delete(pinned)

    assert not pinned.exists()
    assert str(pinned) not in Path("/proc/self/mountinfo").read_text()


def test_delete_removes_the_empty_file_that_a_crash_left(tmp_path: Path) -> None:
    path = tmp_path / "pinned"
    path.touch()

    netns.delete(path)

    assert not path.exists()


def test_only_a_live_namespace_counts_as_pinned(pinned: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()

    assert netns.is_pinned(pinned)
    assert not netns.is_pinned(empty)
    assert not netns.is_pinned(tmp_path / "missing")
    assert not netns.is_pinned(Path("/proc/self/ns/uts"))


@pytest.mark.parametrize("kind", ["missing", "empty"])
def test_entering_what_is_no_namespace_is_told(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "empty":
        path.touch()

    with pytest.raises(errors.NotFound, match=str(path)):
        netns.enter(path, current)
