"""StartContainer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_start_container_runs_its_command(contract_docker: DockerBench) -> None:
    container = contract_docker.create({"Cmd": ["sh", "-c", "exit 7"]})

    contract_docker.docker.start_container(container)

    assert contract_docker.finish(container)["ExitCode"] == 7


def test_start_container_that_runs_changes_nothing(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    before = contract_docker.state(container)["StartedAt"]

    contract_docker.docker.start_container(container)

    assert contract_docker.state(container)["StartedAt"] == before


def test_start_container_that_ended_runs_it_again(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("echo once")
    contract_docker.finish(container)

    contract_docker.docker.start_container(container)
    contract_docker.finish(container)

    assert contract_docker.log(container).out == "once\nonce\n"


def test_start_container_that_is_absent_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.start_container(ABSENT)


def test_start_container_without_such_a_program_is_an_invalid_argument(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.create({"Cmd": ["/no/such/program"]})

    with pytest.raises(errors.InvalidArgument):
        contract_docker.docker.start_container(container)

    assert not contract_docker.state(container)["Running"]
