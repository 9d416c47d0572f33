"""One call of rkt and what may interrupt it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.rkt_stub.program import rkt
from runtimes.rkt_stub.program.rkt import Rkt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INTERRUPTS = """#!/bin/sh
until grep -q '^State:.S' /proc/$PPID/status; do :; done
kill -INT $PPID
"""


def program(folder: Path, script: str) -> Rkt:
    path = folder / "rkt"
    path.write_text(script)
    path.chmod(0o755)
    return Rkt(program=str(path), insecure=())


@pytest.fixture
def interrupts() -> Iterator[None]:
    """As in a terminal's foreground, wherever the tests run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_command_is_not_of_the_group_that_a_terminal_interrupts(tmp_path: Path) -> None:
    script = "#!/bin/sh\nread _ _ _ _ group _ < /proc/self/stat; echo $group\n"

    told = program(tmp_path, script).call("list").text

    assert int(told) not in {0, os.getpgrp()}


@pytest.mark.usefixtures("interrupts")
def test_a_command_comes_to_its_end_after_a_ctrl_c(tmp_path: Path) -> None:
    rkt_ = program(tmp_path, INTERRUPTS + 'sleep 0.6; echo whole > "$0.end"\n')

    with pytest.raises(KeyboardInterrupt):
        rkt_.call("app", "add")

    assert (tmp_path / "rkt.end").read_text() == "whole\n"


@pytest.mark.usefixtures("interrupts")
def test_a_command_that_only_waits_ends_at_a_ctrl_c(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rkt, "INTERRUPTED_SECONDS", 1000.0)

    with pytest.raises(KeyboardInterrupt):
        program(tmp_path, INTERRUPTS + "exec sleep 1000\n").call("fetch", interruptible=True)


def test_a_command_that_outlives_its_timeout_is_killed(tmp_path: Path) -> None:
    with pytest.raises(errors.DeadlineExceeded, match=r"rkt app stop: no end in 0\.1 s"):
        program(tmp_path, "#!/bin/sh\nexec sleep 1000\n").call("app", "stop", timeout=0.1)


def test_a_missing_program_says_what_to_do() -> None:
    with pytest.raises(errors.BackendUnavailable, match="program=/path/to/rkt"):
        Rkt(program="/no/such/rkt").call("version")
