"""Glances at folders don't wait for walks that take long."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core.host import usage, walks
from runtimes.core.host.usage import Usage, UsageCache

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLOW = 10**9


@dataclass
class Disk:
    """A host whose folders are measured when they are let."""

    now_ns: int = 0
    free: threading.Event = field(default_factory=threading.Event)
    walked: list[Path] = field(default_factory=list)

    def measure(self, folder: Path, clock_ns: Callable[[], int]) -> Usage:
        self.walked.append(folder)
        if folder.name.startswith("slow"):
            assert self.free.wait(60)
            return Usage(len(self.walked), 0, clock_ns(), SLOW)
        return Usage(len(self.walked), 0, clock_ns())


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk()
    monkeypatch.setattr(usage, "measure", disk.measure)
    yield disk
    disk.free.set()


@pytest.fixture
def cache(disk: Disk) -> UsageCache:
    return UsageCache(max_age=10, clock_ns=lambda: disk.now_ns)


def told(cache: UsageCache, folder: Path) -> Usage:
    until = time.monotonic() + 30
    while (found := cache.glance(folder)) is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    return found


def test_a_folder_that_takes_no_time_is_measured_once_in_a_while(
    disk: Disk, cache: UsageCache
) -> None:
    first = told(cache, Path("quick"))
    assert cache.glance(Path("quick")) == first

    disk.now_ns = 11 * 10**9
    until = time.monotonic() + 30
    while cache.glance(Path("quick")) == first:
        assert time.monotonic() < until

    assert disk.walked == [Path("quick")] * 2


def test_a_long_walk_is_not_waited_for_and_its_last_answer_holds_meanwhile(
    disk: Disk, cache: UsageCache
) -> None:
    assert cache.glance(Path("slow")) is None
    disk.free.set()
    first = told(cache, Path("slow"))

    disk.free.clear()
    disk.now_ns = 11 * 10**9

    assert [cache.glance(Path("slow")) for _ in range(5)] == [first] * 5
    assert len(disk.walked) == 2


def test_a_host_without_threads_to_spare_measures_later(
    disk: Disk, cache: UsageCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        for number in range(2 * walks.AT_ONCE):
            assert cache.glance(Path(f"{number}")) is None

    assert told(cache, Path("0"))
    assert disk.walked == [Path("0")]


def test_many_long_walks_cost_no_more_than_a_few(disk: Disk, cache: UsageCache) -> None:
    folders = [Path(f"slow{number}") for number in range(500)]
    began = time.monotonic()

    assert [cache.glance(folder) for folder in folders] == [None] * 500

    assert time.monotonic() - began < 500 * usage.PATIENCE / 4
    assert len(disk.walked) == walks.AT_ONCE
    disk.free.set()
    for folder in folders:
        told(cache, folder)
    assert set(disk.walked) == set(folders)


def test_a_walk_that_fails_keeps_no_other_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    walked: list[str] = []
    gathered = threading.Event()

    def walk(folder: Path) -> None:
        assert gathered.wait(60)
        walked.append(folder.name)
        raise RuntimeError(folder)

    several = walks.Walks(walk)
    names = [str(number) for number in range(3 * walks.AT_ONCE)]
    for name in names:
        several.begin(Path(name), 0)
    gathered.set()

    until = time.monotonic() + 30
    while len(failed) < len(names):
        assert time.monotonic() < until
        time.sleep(0.005)
    assert sorted(walked) == sorted(names)
