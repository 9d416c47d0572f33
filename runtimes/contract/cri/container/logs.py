"""The log file, and ReopenContainerLog.

Source: CRI log format (kubernetes/design-proposals-archive, kubelet-cri-logging).
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

MINUTE_NS = 60 * 10**9
LONG = 40_000


def test_the_log_keeps_streams_apart(contract: Bench) -> None:
    ended = contract.sh("echo out; echo err >&2; echo more")

    assert contract.log(ended.id, "stdout") == "out\nmore\n"
    assert contract.log(ended.id, "stderr") == "err\n"


def test_the_log_keeps_the_order_of_lines(contract: Bench) -> None:
    ended = contract.sh("for i in 1 2 3 4 5 6 7 8 9; do echo $i; done")

    assert ended.log.split() == list("123456789")


def test_each_line_has_a_time_that_never_goes_back(contract: Bench) -> None:
    ended = contract.sh("echo one; sleep 1; echo two")

    times = [entry.timestamp_ns for entry in contract.entries(ended.id)]

    assert times == sorted(times)
    assert times[1] - times[0] > 10**9 / 2
    assert abs(time.time_ns() - times[0]) < MINUTE_NS


def test_a_silent_container_has_an_empty_log(contract: Bench) -> None:
    ended = contract.finish(contract.config("true"))

    assert Path(ended.status.log_path).read_bytes() == b""


def test_text_without_a_last_newline_is_kept(contract: Bench) -> None:
    assert contract.sh("printf 'no newline'").log.rstrip("\n") == "no newline"


def test_a_long_line_comes_back_whole(contract: Bench) -> None:
    ended = contract.sh(f"head -c {LONG} /dev/zero | tr '\\0' x; echo; echo end")

    assert contract.log(ended.id, "stdout") == "x" * LONG + "\nend\n"


def test_empty_lines_and_blanks_are_kept(contract: Bench) -> None:
    assert contract.sh("echo; echo '  a  '; echo").log == "\n  a  \n\n"


def test_the_log_grows_while_the_container_runs(contract: Bench) -> None:
    container = contract.start(contract.script("echo early; sleep 1000"))

    contract.wait_log(container, "early")


@requires(Capability.LOGS_REOPEN)
def test_reopen_continues_in_a_new_file_after_a_rename(contract: Bench) -> None:
    script = "i=0; while [ $i -lt 1000 ]; do echo $i; i=$((i+1)); sleep 0.05; done"
    container = contract.start(contract.script(script))
    contract.wait_log(container, "1\n")
    path = Path(contract.status(container).log_path)
    rotated = path.rename(path.with_suffix(".rotated"))

    contract.service.reopen_container_log(container)

    contract.wait_for(
        lambda: path.exists() and contract.status(container).id != "" and path.stat().st_size > 0,
        "the new file to grow",
    )
    size = rotated.stat().st_size
    first_new = path.read_text().splitlines()[0].split()[-1]
    last_old = rotated.read_text().splitlines()[-1].split()[-1]
    assert int(first_new) == int(last_old) + 1
    assert rotated.stat().st_size == size


@requires(Capability.LOGS_REOPEN)
def test_reopen_of_an_absent_container_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.reopen_container_log("no-such-container")


@requires(Capability.LOGS_REOPEN)
def test_reopen_of_an_ended_container_fails_and_makes_no_file(contract: Bench) -> None:
    ended = contract.sh("echo x")
    path = Path(ended.status.log_path)
    path.rename(path.with_suffix(".rotated"))

    with pytest.raises(errors.FailedPrecondition):
        contract.service.reopen_container_log(ended.id)

    assert not path.exists()
