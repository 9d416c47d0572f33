"""Pods' processes live on their own, and leave their logs and their end."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, logs
from runtimes.rkt_stub.launch import supervise
from runtimes.rkt_stub.launch.choose import Launching, Session, Systemd, choose, supervisor
from runtimes.rkt_stub.launch.unit import (
    ALIVE,
    ENDED,
    Unit,
    complaint,
    ended,
    forestall,
    supervised,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONSOLE = """\
echo '[    0.1] a[7]: first'
echo 'systemd[1]: not an app'
echo '[    0.2] b[8]: other'
echo '[    0.3] a[7]: '
echo complaint >&2
"""


def unit(tmp_path: Path, script: str) -> Unit:
    return Unit(
        name="k8s_u",
        folder=tmp_path / "unit",
        argv=("sh", "-c", script),
        environment=os.environ,
        logs={"a": tmp_path / "a.log"},
    )


def wait_for_end(folder: Path) -> int:
    end = time.monotonic() + 30
    while (found := ended(folder)) is None:
        assert time.monotonic() < end
        time.sleep(0.02)
    return found.exit_code


@pytest.fixture
def ignored_signals() -> Iterator[None]:
    """As of a command that a shell runs in the background, after `nohup`."""
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1)
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in numbers]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def test_a_pod_is_nobodys_child_and_its_console_becomes_logs(tmp_path: Path) -> None:
    made = unit(tmp_path, f"{CONSOLE} ps -o ppid= $PPID > {tmp_path}/parent; exit 3")

    Session().start(made)

    assert wait_for_end(made.folder) == 3
    texts = [entry.text for entry in logs.read(tmp_path / "a.log")]
    assert texts == [b"first\n", b"\n"]
    assert complaint(made.folder) == "complaint"
    assert int((tmp_path / "parent").read_text()) != os.getpid()


def test_a_pod_ignores_no_signal_though_whoever_starts_it_does(
    tmp_path: Path, ignored_signals: None
) -> None:
    made = unit(tmp_path, f"grep SigIgn /proc/self/status > {tmp_path}/ignored")

    Session().start(made)

    assert wait_for_end(made.folder) == 0
    assert int((tmp_path / "ignored").read_text().split()[1], 16) == 0


def test_a_supervisor_outlives_the_break_of_its_lease(tmp_path: Path) -> None:
    """Somebody writes to a log of which it just asks whether anybody does."""
    made = unit(tmp_path, f"kill -IO $PPID; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")

    Session().start(made)

    (tmp_path / "go").touch()
    assert wait_for_end(made.folder) == 0


def test_a_pod_is_supervised_until_it_has_ended(tmp_path: Path) -> None:
    made = unit(tmp_path, f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")
    assert not supervised(made.folder)

    Session().start(made)

    end = time.monotonic() + 30
    while not supervised(made.folder):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert ended(made.folder) is None
    assert not forestall(made.folder)
    (tmp_path / "go").touch()
    assert wait_for_end(made.folder) == 0


def test_a_pod_that_is_forestalled_never_begins(tmp_path: Path) -> None:
    made = unit(tmp_path, f"touch {tmp_path}/began")
    made.save()

    assert forestall(made.folder)
    supervise.main(made.folder)

    assert ended(made.folder) is not None
    assert not (tmp_path / "began").exists()
    assert forestall(tmp_path / "gone")


def test_a_supervisor_begins_though_somebody_looks_whether_one_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = unit(tmp_path, "exit 4")
    made.save()
    with (made.folder / ALIVE).open("w") as looked_at:
        fcntl.flock(looked_at, fcntl.LOCK_SH)
        monkeypatch.setattr(time, "sleep", lambda _: fcntl.flock(looked_at, fcntl.LOCK_UN))
        supervise.main(made.folder)

    found = ended(made.folder)
    assert found is not None
    assert found.exit_code == 4


@pytest.mark.parametrize("text", ["", "{", '{"exit_code": 1}', "[]"])
def test_an_end_that_can_not_be_read_is_unknown(tmp_path: Path, text: str) -> None:
    (tmp_path / ENDED).write_text(text)

    assert ended(tmp_path) is None


def test_systemd_keeps_pods_where_it_is_the_hosts_init(tmp_path: Path) -> None:
    assert isinstance(choose(Launching.AUTO, tmp_path), Systemd)
    assert isinstance(choose(Launching.AUTO, tmp_path / "absent"), Session)
    assert isinstance(choose(Launching.SYSTEMD, tmp_path / "absent"), Systemd)
    assert isinstance(choose(Launching.SESSION, tmp_path), Session)


def test_a_unit_of_systemd_is_transient_and_ends_as_a_whole(tmp_path: Path) -> None:
    made = unit(tmp_path, "true")

    assert Systemd().argv(made) == [
        "systemd-run", "--quiet", "--collect", "--unit=k8s_u", "--property=KillMode=mixed", "--",
        *supervisor(made),
    ]  # fmt: skip


def test_a_unit_runs_by_systemd_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a program of that name that does what systemd would."""
    program = tmp_path / "bin" / "systemd-run"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nsetsid --fork "$@"\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    made = unit(tmp_path, "exit 5")

    Systemd().start(made)

    assert wait_for_end(made.folder) == 5


def test_a_launcher_that_the_host_lacks_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(errors.Unavailable, match="setsid"):
        Session().start(unit(tmp_path, "true"))
