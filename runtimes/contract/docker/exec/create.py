"""CreateExec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_create_exec_does_not_run_it(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    exec_id = contract_docker.docker.create_exec(container, {"Cmd": ["touch", "/mnt/ran"]})

    assert contract_docker.exec(container, "ls", "/mnt").out == ""
    assert not contract_docker.docker.inspect_exec(exec_id)["Running"]


@pytest.mark.parametrize("started", [False, True])
def test_create_exec_in_a_container_that_does_not_run_is_a_failed_precondition(
    contract_docker: DockerBench, *, started: bool
) -> None:
    container = contract_docker.create({"Cmd": ["true"]})
    if started:
        contract_docker.docker.start_container(container)
        contract_docker.finish(container)

    with pytest.raises(errors.FailedPrecondition):
        contract_docker.docker.create_exec(container, {"Cmd": ["true"]})


def test_create_exec_in_an_absent_container_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.create_exec(ABSENT, {"Cmd": ["true"]})
