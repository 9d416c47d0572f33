"""Attachments with their streams as descriptors, over any DockerInterface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.contract.docker.without import engine_without
from runtimes.contract.talk import Talk
from runtimes.core import errors
from runtimes.core.docker.beyond import Streams
from runtimes.core.docker.session import open_attach

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench
    from runtimes.core.docker.types import ContainerConfig

ONCE: ContainerConfig = {"OpenStdin": True, "StdinOnce": True}
both_ways = pytest.mark.parametrize("hijack", [True, False], ids=["socket", "pipes"])


@both_ways
def test_attach_session_connects_input_and_output_until_the_end(
    contract_docker: DockerBench,
    hijack: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    container = contract_docker.start({"Cmd": ["sh", "-c", "cat; echo over; exit 5"], **ONCE})
    engine = contract_docker.docker
    if not hijack:
        engine = engine_without(engine, "hijack_exec", "hijack_attach")

    with open_attach(engine, container, Streams(stdin=True)) as session:
        Talk(session).say(b"typed\n", finish=True)
        said = Talk(session).rest()

        assert session.wait(10) == 5

    assert said.out == b"typed\nover\n"


def test_attach_session_needs_a_running_container(contract_docker: DockerBench) -> None:
    ended = contract_docker.sh("exit 0")
    contract_docker.finish(ended)

    with pytest.raises(errors.FailedPrecondition):
        open_attach(contract_docker.docker, ended, Streams())
    with pytest.raises(errors.NotFound):
        open_attach(contract_docker.docker, ABSENT, Streams())
