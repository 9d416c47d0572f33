"""rkt's own log files become CRI logs while they grow."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import logs
from runtimes.core.logs.writer import LogWriter
from runtimes.rkt_stub.launch.follow import Follower
from runtimes.rkt_stub.launch.supervise import copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

TIME = "2016-10-06T00:17:09.669794202Z"


def following(folder: Path) -> AbstractContextManager[None]:
    return running(Follower(folder))


@contextmanager
def running(follower: Follower) -> Iterator[None]:
    receive, send = os.pipe()
    thread = threading.Thread(target=follower.run, args=(receive,))
    thread.start()
    try:
        yield
    finally:
        os.close(send)
        thread.join()
        os.close(receive)


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def texts(path: Path) -> list[tuple[str, bytes]]:
    return [(entry.stream, entry.text) for entry in logs.read(path)]


def test_lines_are_passed_on_with_their_streams_and_times(tmp_path: Path) -> None:
    target = tmp_path / "cri.log"
    (tmp_path / "a.to").write_text(str(target))

    with following(tmp_path), (tmp_path / "a.log").open("w", buffering=1) as raw:
        raw.write(f"{TIME} stdout out\n{TIME} stderr  F x \n{TIME} stdout \n{TIME} std")
        raw.flush()
        raw.write(f"out cut\n{'x' * 40_000}\n")
        raw.close()
        until((tmp_path / "a.whole").exists)

    assert texts(target) == [
        ("stdout", b"out\n"),
        ("stderr", b" F x \n"),
        ("stdout", b"\n"),
        ("stdout", b"cut\n"),
    ]
    assert next(logs.read(target)).timestamp_ns % 10**9 == 669_794_202


def test_what_comes_before_the_end_of_the_pod_is_not_lost(tmp_path: Path) -> None:
    target = tmp_path / "cri.log"
    (tmp_path / "a.to").write_text(str(target))
    (tmp_path / "a.log").write_text(f"{TIME} stdout last words\n")

    with following(tmp_path):
        pass

    assert texts(target) == [("stdout", b"last words\n")]


def test_a_file_that_nobody_asked_for_is_left_alone(tmp_path: Path) -> None:
    with following(tmp_path):
        (tmp_path / "b.log").write_text(f"{TIME} stdout x\n")

    assert not (tmp_path / "b.whole").exists()


def test_a_log_that_cannot_be_written_leaves_the_others_alone(tmp_path: Path) -> None:
    (tmp_path / "bad.to").write_text(str(tmp_path / "gone" / "cri.log"))
    (tmp_path / "good.to").write_text(str(tmp_path / "cri.log"))

    with following(tmp_path):
        (tmp_path / "bad.log").write_text(f"{TIME} stdout lost\n")
        (tmp_path / "good.log").write_text(f"{TIME} stdout kept\n")
        until((tmp_path / "good.whole").exists)

    assert texts(tmp_path / "cri.log") == [("stdout", b"kept\n")]


def test_a_line_without_an_end_is_passed_on_in_parts_with_one_time(tmp_path: Path) -> None:
    target = tmp_path / "cri.log"
    (tmp_path / "a.to").write_text(str(target))

    with following(tmp_path), (tmp_path / "a.log").open("w", buffering=1) as raw:
        raw.write(f"{TIME} stderr {'x' * 300_000}")
        raw.flush()
        until(lambda: target.exists() and sum(len(text) for _, text in texts(target)) > 200_000)
        raw.write(f"y\n{TIME} stdout next\n")
        raw.close()
        until((tmp_path / "a.whole").exists)

    entries = list(logs.read(target))
    assert b"".join(one.text for one in entries) == b"x" * 300_000 + b"y\nnext\n"
    assert {(one.stream, one.timestamp_ns) for one in entries[:-1]} == {
        ("stderr", entries[-1].timestamp_ns)
    }


def test_more_changes_than_the_kernel_remembers_lose_nothing(tmp_path: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    names = ("a", "b")
    for name in names:
        (tmp_path / f"{name}.to").write_text(str(tmp_path / name))
    late = Follower(tmp_path)
    line = f"{TIME} stdout x\n".encode()
    raws = [(tmp_path / f"{name}.log").open("wb", buffering=0) for name in names]
    lines = limit // 2 + 1
    for _ in range(lines):
        for raw in raws:
            raw.write(line)
    raws[0].close()

    with running(late):
        until((tmp_path / "a.whole").exists)
        until(lambda: (tmp_path / "b").stat().st_size == (tmp_path / "a").stat().st_size)
        assert not (tmp_path / "b.whole").exists()
        raws[1].close()
        until((tmp_path / "b.whole").exists)

    assert [len(texts(tmp_path / name)) for name in names] == [lines, lines]


def test_a_full_disk_costs_lines_and_not_the_pod(tmp_path: Path) -> None:
    console = [b"[1.0] full[5]: lost\n", b"[1.0] main[6]: kept\n"]

    with LogWriter(Path("/dev/full")) as full, LogWriter(tmp_path / "cri.log") as main:
        copy(console, {"full": full, "main": main})

    assert texts(tmp_path / "cri.log") == [("stdout", b"kept\n")]
