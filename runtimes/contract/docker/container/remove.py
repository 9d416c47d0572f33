"""RemoveContainer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_remove_container_that_ended(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("true")
    contract_docker.finish(container)

    contract_docker.docker.remove_container(container)

    with pytest.raises(errors.NotFound):
        contract_docker.docker.inspect_container(container)


def test_remove_container_that_runs_is_a_failed_precondition(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    with pytest.raises(errors.FailedPrecondition):
        contract_docker.docker.remove_container(container)

    assert contract_docker.state(container)["Running"]


def test_remove_container_by_force_ends_it_first(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()

    contract_docker.docker.remove_container(container, force=True)

    with pytest.raises(errors.NotFound):
        contract_docker.docker.inspect_container(container)


@pytest.mark.parametrize("force", [False, True])
def test_remove_container_that_is_absent_is_not_found(
    contract_docker: DockerBench, *, force: bool
) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.remove_container(ABSENT, force=force)
