"""Commands with their streams as descriptors, over any DockerInterface."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.contract.docker.without import engine_without
from runtimes.contract.talk import Heard, Talk
from runtimes.core import errors
from runtimes.core.docker.beyond import Streams
from runtimes.core.docker.session import open_exec

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench
    from runtimes.core.docker.interface import DockerInterface

both_ways = pytest.mark.parametrize("hijack", [True, False], ids=["socket", "pipes"])


def _engine(bench: DockerBench, *, hijack: bool) -> DockerInterface:
    return bench.docker if hijack else engine_without(bench.docker, "hijack_exec", "hijack_attach")


@both_ways
def test_exec_session_keeps_the_streams_apart_and_tells_the_exit_code(
    contract_docker: DockerBench,
    hijack: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    container = contract_docker.sleeper()
    command = ["sh", "-c", "echo out; echo err >&2; exit 3"]

    with open_exec(
        _engine(contract_docker, hijack=hijack), container, command, Streams()
    ) as session:
        said = Talk(session).rest()
        code = session.wait(10)

    assert (said, code) == (Heard(b"out\n", b"err\n"), 3)
    assert session.stdin is None


@both_ways
def test_exec_session_ends_the_input_and_still_reads_the_output(
    contract_docker: DockerBench,
    hijack: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    container = contract_docker.sleeper()
    engine = _engine(contract_docker, hijack=hijack)

    with open_exec(
        engine, container, ["sh", "-c", "cat; echo after"], Streams(stdin=True)
    ) as session:
        Talk(session).say(b"typed\n", finish=True)
        said = Talk(session).rest()

        assert session.wait(10) == 0

    assert said.out == b"typed\nafter\n"


@both_ways
def test_exec_session_tells_of_a_program_that_cannot_be_executed(
    contract_docker: DockerBench,
    hijack: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    container = contract_docker.sleeper()
    engine = _engine(contract_docker, hijack=hijack)

    with pytest.raises(errors.InvalidArgument, match="no-such-program"):
        open_exec(engine, container, ["/no-such-program"], Streams())


@pytest.mark.parametrize(
    "streams",
    [Streams(tty=True), Streams(stdout=False, stderr=False)],
    ids=["tty-and-stderr", "none"],
)
def test_exec_session_refuses_streams_that_make_no_sense(
    contract_docker: DockerBench, streams: Streams
) -> None:
    with pytest.raises(errors.InvalidArgument):
        open_exec(contract_docker.docker, ABSENT, ["true"], streams)


def test_exec_session_needs_a_command_and_a_running_container(contract_docker: DockerBench) -> None:
    ended = contract_docker.sh("exit 0")
    contract_docker.finish(ended)

    with pytest.raises(errors.InvalidArgument):
        open_exec(contract_docker.docker, ended, [], Streams())
    with pytest.raises(errors.FailedPrecondition):
        open_exec(contract_docker.docker, ended, ["true"], Streams())
    with pytest.raises(errors.NotFound):
        open_exec(contract_docker.docker, ABSENT, ["true"], Streams())


def test_exec_session_has_a_deadline_for_its_end(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    engine = contract_docker.docker

    with open_exec(engine, container, ["cat"], Streams(stdin=True)) as session:
        with pytest.raises(errors.DeadlineExceeded):
            session.wait(0.1)
        Talk(session).say(b"", finish=True)

        assert session.wait(10) == 0


@both_ways
def test_exec_session_ends_though_a_child_keeps_the_output(
    contract_docker: DockerBench,
    hijack: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    container = contract_docker.sleeper()
    engine = _engine(contract_docker, hijack=hijack)
    before = time.monotonic()

    with open_exec(
        engine, container, ["sh", "-c", "sleep 60 & echo over; exit 4"], Streams()
    ) as session:
        said = Talk(session).rest()
        code = session.wait(10)

    assert (said.out, code) == (b"over\n", 4)
    assert time.monotonic() - before < 30


@both_ways
def test_exec_session_carries_much_to_a_slow_reader(
    contract_docker: DockerBench,
    hijack: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    container = contract_docker.sleeper()
    engine = _engine(contract_docker, hijack=hijack)
    script = f"i=0; while [ $i -lt 9000 ]; do echo {'x' * 40}; i=$((i+1)); done"

    with open_exec(engine, container, ["sh", "-c", script], Streams(stderr=False)) as session:
        time.sleep(1)
        said = Talk(session).rest()

    assert len(said.out) == 9000 * 41
