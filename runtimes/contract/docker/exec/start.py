"""StartExec."""

from __future__ import annotations

import io
import os
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import deadline, errors
from runtimes.core.docker.interface import StreamOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_start_exec_keeps_the_streams_apart_and_tells_the_exit_code(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.sleeper()

    done = contract_docker.exec(container, "sh", "-c", "echo out; echo err >&2; exit 3")

    assert (done.out, done.err, done.exit_code) == ("out\n", "err\n", 3)


def test_start_exec_ends_the_input_and_still_reads_the_output(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    done = contract_docker.exec(
        container, "sh", "-c", "cat; echo after", source=io.BytesIO(b"typed\n")
    )

    assert done.out == "typed\nafter\n"


def test_start_exec_carries_much_both_ways(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    text = "".join(f"line {number}\n" for number in range(60_000))

    done = contract_docker.exec(container, "cat", source=io.BytesIO(text.encode()))

    assert done.out == text


def test_start_exec_returns_when_the_command_ends_though_input_is_open(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.sleeper()
    reading, writing = os.pipe()
    contract_docker.cleanup(lambda: os.close(writing))
    before = time.monotonic()

    with os.fdopen(reading, "rb") as source:
        done = contract_docker.exec(container, "echo", "quick", source=source)

    assert done.out == "quick\n"
    assert time.monotonic() - before < 10


def test_start_exec_on_a_tty_gives_one_raw_stream(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    done = contract_docker.exec(
        container, "sh", "-c", "echo out; echo err >&2", config={"Tty": True}
    )

    assert (done.out, done.err) == ("out\r\nerr\r\n", "")


def test_start_exec_uses_user_directory_and_environment(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    done = contract_docker.exec(
        container,
        *("sh", "-c", "id -u; pwd; echo $COLOUR"),
        config={"User": "1000", "WorkingDir": "/mnt", "Env": ["COLOUR=green"]},
    )

    assert done.out.split() == ["1000", "/mnt", "green"]


def test_start_exec_of_an_absent_program_says_so_by_its_exit_code(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.sleeper()

    assert contract_docker.exec(container, "/no/such/program").exit_code in (126, 127)


def test_start_exec_detached_returns_at_once(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    exec_id = contract_docker.docker.create_exec(
        container, {"Cmd": ["sh", "-c", "sleep 1; touch /mnt/done"]}
    )

    contract_docker.docker.start_exec(exec_id, StreamOptions(), detach=True)

    assert contract_docker.docker.inspect_exec(exec_id)["Running"]
    assert contract_docker.exec_code(exec_id) == 0
    assert contract_docker.exec(container, "ls", "/mnt").out == "done\n"


def test_start_exec_ends_with_the_caller_s_deadline(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    exec_id = contract_docker.docker.create_exec(
        container, {"Cmd": ["sleep", "5"], "AttachStdout": True}
    )
    before = time.monotonic()

    with deadline.within(0.5), pytest.raises(errors.DeadlineExceeded):
        contract_docker.docker.start_exec(exec_id, StreamOptions(output=io.BytesIO()))

    assert time.monotonic() - before < 4


def test_start_exec_twice_is_refused(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    exec_id = contract_docker.docker.create_exec(container, {"Cmd": ["echo"], "AttachStdout": True})
    contract_docker.docker.start_exec(exec_id, StreamOptions(output=io.BytesIO()))
    contract_docker.exec_code(exec_id)

    with pytest.raises(errors.FailedPrecondition):
        contract_docker.docker.start_exec(exec_id, StreamOptions(output=io.BytesIO()))


def test_start_exec_in_a_container_that_has_ended_is_refused(contract_docker: DockerBench) -> None:
    """Docker forgets what was prepared; others keep it and say why it can't run."""
    container = contract_docker.sleeper()
    exec_id = contract_docker.docker.create_exec(container, {"Cmd": ["true"], "AttachStdout": True})
    contract_docker.docker.stop_container(container, 5)

    with pytest.raises((errors.FailedPrecondition, errors.NotFound)):
        contract_docker.docker.start_exec(exec_id, StreamOptions(output=io.BytesIO()))


def test_start_exec_that_is_absent_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.start_exec(ABSENT, StreamOptions())
