"""StartContainer: states and exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

NOTICED_LATER_NS = 10**8  # a short process may have ended before its start is written down


def test_start_container_runs_it(contract: Bench) -> None:
    container = contract.sleeper()

    status = contract.status(container)

    assert status.state == cri.CONTAINER_RUNNING
    assert status.started_at >= status.created_at > 0
    assert status.finished_at == 0


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_a_container_that_ends_keeps_its_exit_code(contract: Bench, code: int) -> None:
    status = contract.sh(f"exit {code}").status

    assert status.exit_code == code
    assert status.started_at >= status.created_at > 0
    assert status.finished_at >= status.started_at - NOTICED_LATER_NS
    assert status.reason == ("Error" if code else "Completed")


def test_start_container_that_is_absent_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.start_container("no-such-container")


def test_start_container_that_runs_is_a_failed_precondition(contract: Bench) -> None:
    container = contract.sleeper()

    with pytest.raises(errors.FailedPrecondition):
        contract.service.start_container(container)


def test_start_container_that_ended_is_a_failed_precondition(contract: Bench) -> None:
    ended = contract.finish(contract.config("true"))

    with pytest.raises(errors.FailedPrecondition):
        contract.service.start_container(ended.id)


def test_start_container_without_such_a_program_is_an_invalid_argument(contract: Bench) -> None:
    container = contract.create(contract.config("/no/such/program"))

    with pytest.raises(errors.InvalidArgument):
        contract.service.start_container(container)


def test_a_container_that_could_not_start_has_ended_with_an_error(contract: Bench) -> None:
    container = contract.create(contract.config("/no/such/program"))
    with pytest.raises(errors.Error):
        contract.service.start_container(container)

    status = contract.status(container)

    assert status.state == cri.CONTAINER_EXITED
    assert status.exit_code in (126, 127, 128)
    assert status.reason
    assert status.message
