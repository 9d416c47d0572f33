"""Processes, exit files, and the states that follow from them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.process import (
    Process,
    Stat,
    descendants,
    identify,
    stat,
    wait_any_gone,
    wait_gone,
)
from runtimes.core.state.boot import boot_id
from runtimes.oci.container import signals
from runtimes.oci.state import exit_file, stragglers
from runtimes.oci.state.derive import Condition, State, condition
from runtimes.oci.state.exit_file import Exit
from runtimes.oci.state.record import ContainerPhase, ContainerRecord, Failure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RECORD = ContainerRecord(
    id="c",
    sandbox_id="s",
    name="main",
    attempt=0,
    created_at_ns=10,
    boot_id="b",
    phase=ContainerPhase.STARTED,
    config=b"",
    started_at_ns=20,
)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process
        process.kill()


def test_a_process_is_alive_until_it_ends(sleeper: subprocess.Popen[bytes]) -> None:
    process = identify(sleeper.pid)
    assert process is not None
    assert process.alive

    sleeper.kill()
    assert wait_gone([process], 5)  # a zombie, not yet waited for
    assert not process.alive
    sleeper.wait()

    assert not process.alive
    assert not process.kill()
    assert identify(sleeper.pid) is None


def test_a_reused_pid_is_another_process(sleeper: subprocess.Popen[bytes]) -> None:
    impostor = Process(sleeper.pid, 1)

    assert not impostor.alive
    assert impostor.open() is None
    assert not impostor.kill()
    assert sleeper.poll() is None


def test_waiting_for_processes_ends_in_time(sleeper: subprocess.Popen[bytes]) -> None:
    process = identify(sleeper.pid)
    assert process is not None
    before = time.monotonic()

    assert not wait_gone([process], 0.05)
    assert not wait_any_gone([process], 0.05)
    assert not wait_any_gone([], 0.01)
    assert wait_gone([], 5)
    assert wait_gone([Process(sleeper.pid, 1)], 5)
    assert wait_any_gone([process, Process(sleeper.pid, 1)], 5)

    assert time.monotonic() - before < 2
    process.kill(signal.SIGTERM)
    assert wait_any_gone([process], 5)


def test_a_name_with_spaces_and_brackets_is_read(tmp_path: Path) -> None:
    program = tmp_path / "a) S 1 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "1000"]) as process:
        try:
            found = stat(process.pid)
            assert found is not None
            assert found.parent == os.getpid()
        finally:
            process.kill()


def test_descendants_are_found_through_any_depth() -> None:
    table = [
        Stat(pid, parent, 0, 0, zombie=False) for pid, parent in ((2, 1), (3, 2), (4, 3), (5, 1))
    ]

    assert descendants([2], table) == {2, 3, 4}
    assert descendants([9], table) == {9}


def test_stragglers_are_killed_with_their_children() -> None:
    word = f"straggler-{os.getpid()}"
    script = "sleep 1000 & sleep 1000"
    with subprocess.Popen(["sh", "-c", script, word], start_new_session=True) as process:
        while len(stragglers.find(word)) < 3:
            time.sleep(0.005)

        assert stragglers.kill(word)

        assert process.wait(5) == -signal.SIGKILL
        assert stragglers.find(word) == set()


def test_exit_files_are_read_as_monitors_write_them(tmp_path: Path) -> None:
    path = tmp_path / "id"
    assert exit_file.read(path) is None

    path.write_text("137")

    found = exit_file.read(path)
    assert found == Exit(137, path.stat().st_mtime_ns)
    path.write_text("what?")
    unreadable = exit_file.read(path)
    assert unreadable is not None
    assert (unreadable.code, bool(unreadable.lost)) == (255, True)


def test_a_lost_exit_is_noted_once_and_never_replaces_a_known_one(tmp_path: Path) -> None:
    known, lost = tmp_path / "known", tmp_path / "lost"
    known.write_text("3")

    exit_file.write_lost(known, "too late")
    exit_file.write_lost(lost, "why")
    exit_file.write_lost(lost, "why not")

    assert exit_file.read(known) == Exit(3, known.stat().st_mtime_ns)
    assert exit_file.read(lost) == Exit(255, lost.stat().st_mtime_ns, "why")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["known", "lost"]


@pytest.mark.parametrize(
    ("ended", "oom_killed", "expected"),
    [
        (None, False, Condition(State.RUNNING, 20)),
        (Exit(0, 30), False, Condition(State.EXITED, 20, 30, 0, "Completed")),
        (Exit(0, 30), True, Condition(State.EXITED, 20, 30, 0, "Completed")),
        (Exit(2, 30), True, Condition(State.EXITED, 20, 30, 2, "Error")),
        (Exit(137, 30), False, Condition(State.EXITED, 20, 30, 137, "Error")),
        (Exit(137, 30), True, Condition(State.EXITED, 20, 30, 137, "OOMKilled")),
        (Exit(0, 15), False, Condition(State.EXITED, 20, 20, 0, "Completed")),
        (Exit(255, 30, "gone"), False, Condition(State.EXITED, 20, 30, 255, "Unknown", "gone")),
    ],
)
def test_a_started_container_is_judged_by_its_exit(
    ended: Exit | None, *, oom_killed: bool, expected: Condition
) -> None:
    assert condition(RECORD, ended, oom_killed=oom_killed) == expected


def test_a_container_that_never_ran_is_created_or_failed() -> None:
    created = replace(RECORD, phase=ContainerPhase.CREATED, started_at_ns=0)
    failed = replace(
        created, phase=ContainerPhase.FAILED, failure=Failure("StartError", "no program", 128, 25)
    )

    assert condition(created, None, oom_killed=False) == Condition(State.CREATED)
    assert condition(failed, None, oom_killed=False) == Condition(
        State.EXITED, 0, 25, 128, "StartError", "no program"
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SIGTERM", 15),
        ("term", 15),
        ("15", 15),
        ("SIGKILL", 9),
        ("SIGRTMIN", 34),
        ("SIGRTMIN+3", 37),
        ("SIGRTMINPLUS3", 37),
        ("SIGRTMAX-2", 62),
        ("RTMAXMINUS14", 50),
        ("SIGCLD", 17),
        ("SIGPOLL", 29),
        ("SIGPWR", 30),
    ],
)
def test_signals_have_many_spellings(name: str, expected: int) -> None:
    assert signals.number(name) == expected


@pytest.mark.parametrize("name", ["", "SIGNONE", "0", "65", "SIGRTMIN-1", "SIGRTMIN+x", "-9"])
def test_what_is_no_signal_is_refused(name: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="stop signal"):
        signals.number(name)


def test_every_signal_of_the_cri_has_a_number() -> None:
    for name, value in cri.Signal.items():
        number = signals.stop_signal(value, "SIGHUP")
        assert number == 1 if name == "SIGNAL_RUNTIME_DEFAULT" else 1 <= number <= 64


def test_the_containers_wish_beats_its_images() -> None:
    assert signals.stop_signal(cri.SIGNAL_SIGINT, "SIGQUIT") == signal.SIGINT
    assert signals.stop_signal(cri.SIGNAL_RUNTIME_DEFAULT, "SIGQUIT") == signal.SIGQUIT
    assert signals.stop_signal(cri.SIGNAL_RUNTIME_DEFAULT, "") == signal.SIGTERM


def test_the_boot_has_an_id(tmp_path: Path) -> None:
    assert len(boot_id()) == 36
    assert boot_id() == boot_id()
    assert boot_id(tmp_path) == ""
