"""Logs."""

from __future__ import annotations

import io
import re
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import deadline, errors
from runtimes.core.docker.interface import LogsOptions, StreamOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

BOTH = "echo out1; echo err1 >&2; echo out2; echo err2 >&2"


def test_logs_keep_the_streams_apart(contract_docker: DockerBench) -> None:
    container = contract_docker.sh(BOTH)
    contract_docker.finish(container)

    log = contract_docker.log(container)

    assert (log.out, log.err) == ("out1\nout2\n", "err1\nerr2\n")


@pytest.mark.parametrize(
    ("stdout", "stderr", "wanted"),
    [(True, False, ("out1\nout2\n", "")), (False, True, ("", "err1\nerr2\n"))],
)
def test_logs_of_one_stream_only(
    contract_docker: DockerBench, *, stdout: bool, stderr: bool, wanted: tuple[str, str]
) -> None:
    container = contract_docker.sh(BOTH)
    contract_docker.finish(container)

    log = contract_docker.log(container, LogsOptions(stdout=stdout, stderr=stderr))

    assert (log.out, log.err) == wanted


@pytest.mark.parametrize(("tail", "wanted"), [(0, ""), (2, "4\n5\n"), (99, "1\n2\n3\n4\n5\n")])
def test_logs_of_the_last_lines(contract_docker: DockerBench, tail: int, wanted: str) -> None:
    container = contract_docker.sh("seq 1 5")
    contract_docker.finish(container)

    assert contract_docker.log(container, LogsOptions(tail=tail)).out == wanted


def test_logs_with_timestamps_begin_each_line_with_one(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("echo a; echo b")
    contract_docker.finish(container)

    lines = contract_docker.log(container, LogsOptions(timestamps=True)).out.splitlines()

    assert [line.partition(" ")[2] for line in lines] == ["a", "b"]
    for line in lines:
        stamp = re.sub(r"\.\d+", "", line.partition(" ")[0])
        assert abs(datetime.fromisoformat(stamp).timestamp() - time.time()) < 3600


def test_logs_since_a_time_leave_out_what_is_older(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("echo early; sleep 2; echo late")
    contract_docker.finish(container)
    options = LogsOptions(timestamps=True)
    stamp = contract_docker.log(container, options).out.splitlines()[1].partition(" ")[0]
    late = datetime.fromisoformat(re.sub(r"\.\d+", "", stamp)).timestamp()

    assert contract_docker.log(container, LogsOptions(since=late)).out == "late\n"


def test_logs_follow_until_the_container_ends(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("for i in 1 2 3; do echo $i; sleep 0.3; done")

    log = contract_docker.log(container, LogsOptions(follow=True))

    assert log.out == "1\n2\n3\n"
    assert not contract_docker.finish(container)["Running"]


def test_logs_follow_shows_a_line_as_soon_as_it_is_written(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("echo now; trap 'exit 0' TERM; sleep 1000 & wait")
    output = io.BytesIO()
    streams = StreamOptions(output=output)
    follow = LogsOptions(follow=True)
    reader = threading.Thread(
        target=contract_docker.docker.logs, args=(container, follow, streams), daemon=True
    )

    reader.start()

    contract_docker.wait_for(lambda: output.getvalue() == b"now\n", "the line")
    assert contract_docker.state(container)["Running"]
    contract_docker.docker.stop_container(container, 5)
    reader.join(10)
    assert not reader.is_alive()


def test_logs_follow_ends_with_the_caller_s_deadline(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    with deadline.within(0.5), pytest.raises(errors.DeadlineExceeded):
        contract_docker.log(container, LogsOptions(follow=True))


def test_logs_are_complete_and_in_order(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("seq 1 20000")
    contract_docker.finish(container)

    assert contract_docker.log(container).out == "".join(f"{n}\n" for n in range(1, 20001))


def test_logs_of_a_tty_are_raw(contract_docker: DockerBench) -> None:
    container = contract_docker.start({"Cmd": ["sh", "-c", "echo out; echo err >&2"], "Tty": True})
    contract_docker.finish(container)
    output = io.BytesIO()

    contract_docker.docker.logs(
        container, LogsOptions(), StreamOptions(raw_terminal=True, output=output)
    )

    assert output.getvalue() == b"out\r\nerr\r\n"


def test_logs_of_an_absent_container_are_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.log(ABSENT)


def test_logs_of_a_container_that_never_ran_are_empty(contract_docker: DockerBench) -> None:
    container = contract_docker.create({"Cmd": ["true"]})

    log = contract_docker.log(container)

    assert (log.out, log.err) == ("", "")
