"""One holder at a time, whoever dies."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.cni import lock
from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from pathlib import Path


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    path, counter = tmp_path / "deep" / "lock", tmp_path / "counter"
    counter.write_text("0")

    def count(_: int) -> None:
        with lock.held(path, "count", 30.0):
            counter.write_text(str(int(counter.read_text()) + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))

    assert counter.read_text() == "200"
    assert not path.exists()


def test_of_many_threads_one_asks_for_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = lock._try
    asking: set[int] = set()
    crowds: list[int] = []

    def count(path: Path) -> int | None:
        asking.add(threading.get_ident())
        crowds.append(len(asking))
        try:
            return ask(path)
        finally:
            asking.discard(threading.get_ident())

    monkeypatch.setattr(lock, "_try", count)

    def hold(_: int) -> None:
        with lock.held(tmp_path / "lock", "hold", 30.0):
            time.sleep(0.001)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(hold, range(32)))

    assert max(crowds) == 1
    assert not lock._lines


def test_a_dead_holder_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    script = """
import sys, pathlib
from runtimes.cni import lock
with lock.held(pathlib.Path(sys.argv[1]), "hold", 5.0):
    print("held", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(errors.DeadlineExceeded):
            lock.held(path, "in vain", 0.0).__enter__()
        holder.kill()
        holder.wait()

        with lock.held(path, "take over", 5.0):
            pass


def test_waiting_ends_with_patience_or_deadline(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock.held(path, "hold", 5.0):
        with pytest.raises(errors.DeadlineExceeded, match=f"second: .*{path}"):
            lock.held(path, "second", 0.05).__enter__()
        with deadline.within(0.05), pytest.raises(errors.DeadlineExceeded):
            lock.held(path, "second", 60.0).__enter__()


def test_an_error_inside_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "lock"

    with pytest.raises(KeyError), lock.held(path, "fail", 1.0):
        raise KeyError("mine")

    with lock.held(path, "again", 0.1):
        pass
