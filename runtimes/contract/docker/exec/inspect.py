"""InspectExec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import errors
from runtimes.core.docker.interface import StreamOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_inspect_exec_has_no_exit_code_while_it_runs(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    exec_id = contract_docker.docker.create_exec(container, {"Cmd": ["sleep", "1"]})
    contract_docker.docker.start_exec(exec_id, StreamOptions(), detach=True)

    running = contract_docker.docker.inspect_exec(exec_id)

    assert running["ContainerID"] == container
    assert running["Running"]
    assert running["ExitCode"] is None
    assert contract_docker.exec_code(exec_id) == 0


def test_inspect_exec_that_is_absent_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.inspect_exec(ABSENT)
