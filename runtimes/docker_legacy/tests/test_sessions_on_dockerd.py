"""Sessions with a terminal, or with an input that goes on, on a real Docker Engine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.without import engine_without
from runtimes.contract.talk import Talk
from runtimes.core.docker.beyond import Streams
from runtimes.core.docker.session import open_attach, open_exec
from runtimes.docker_legacy.tests.test_contract_on_dockerd import docker_subject

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

__all__ = ["docker_subject"]
pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
TTY = Streams(tty=True, stdin=True, stderr=False)


@pytest.mark.parametrize("hijack", [True, False], ids=["socket", "pipes"])
def test_exec_session_on_a_tty_has_one_stream_and_the_size_that_was_set(
    contract_docker: DockerBench,
    hijack: bool,
) -> None:
    container = contract_docker.sleeper()
    engine = contract_docker.docker
    if not hijack:
        engine = engine_without(engine, "hijack_exec")

    with open_exec(engine, container, ["sh", "-c", "read go; stty size"], TTY) as session:
        session.resize(101, 31)
        Talk(session).say(b"go\n")
        said = Talk(session).rest()

        assert session.wait(10) == 0

    assert b"31 101" in said.out


def test_exec_session_hangs_up_a_tty_that_is_let_go(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    script = "trap 'echo hung > /tmp/hung; exit' HUP; echo ready; while true; do sleep 0.1; done"
    with open_exec(contract_docker.docker, container, ["sh", "-c", script], TTY) as session:
        assert b"ready" in os.read(session.outputs[0].fd, 100)

    session.close()

    contract_docker.wait_for(
        lambda: contract_docker.exec(container, "cat", "/tmp/hung").out == "hung\n",
        "the command to hear of it",
    )


def test_attach_session_leaves_the_container_s_input_open_for_the_next(
    contract_docker: DockerBench,
) -> None:
    script = "read a; echo got $a; read b; echo got $b"
    container = contract_docker.start({"Cmd": ["sh", "-c", script], "OpenStdin": True})
    with open_attach(contract_docker.docker, container, Streams(stdin=True)) as first:
        Talk(first).say(b"one\n", finish=True)
        contract_docker.wait_log(container, "got one")

    with open_attach(contract_docker.docker, container, Streams(stdin=True)) as second:
        Talk(second).say(b"two\n", finish=True)
        said = Talk(second).rest()

        assert second.wait(10) == 0

    assert said.out == b"got two\n"
