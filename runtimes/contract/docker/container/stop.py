"""StopContainer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

KILLED = 137
SOON = 8.0
STUBBORN = "trap '' TERM; echo ready; sleep 1000 & wait; sleep 1000"


def test_stop_container_lets_it_end_by_itself(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("trap 'exit 7' TERM; echo ready; sleep 1000 & wait")
    contract_docker.wait_log(container, "ready")
    before = time.monotonic()

    contract_docker.docker.stop_container(container, 30)

    assert contract_docker.state(container)["ExitCode"] == 7
    assert time.monotonic() - before < SOON


def test_stop_container_kills_what_outlasts_the_grace_period(contract_docker: DockerBench) -> None:
    container = contract_docker.sh(STUBBORN)
    contract_docker.wait_log(container, "ready")
    before = time.monotonic()

    contract_docker.docker.stop_container(container, 1)

    assert contract_docker.state(container)["ExitCode"] == KILLED
    assert 0.9 <= time.monotonic() - before < SOON


def test_stop_container_with_no_grace_period_kills_at_once(contract_docker: DockerBench) -> None:
    container = contract_docker.sh(STUBBORN)
    contract_docker.wait_log(container, "ready")

    contract_docker.docker.stop_container(container, 0)

    assert contract_docker.state(container)["ExitCode"] == KILLED


def test_stop_container_sends_the_signal_that_the_config_wants(
    contract_docker: DockerBench,
) -> None:
    script = "trap 'exit 9' USR1; echo ready; sleep 1000 & wait"
    container = contract_docker.start({"Cmd": ["sh", "-c", script], "StopSignal": "SIGUSR1"})
    contract_docker.wait_log(container, "ready")

    contract_docker.docker.stop_container(container, 20)

    assert contract_docker.state(container)["ExitCode"] == 9


def test_stop_container_that_has_ended_changes_nothing(contract_docker: DockerBench) -> None:
    container = contract_docker.sh("exit 4")
    before = contract_docker.finish(container)

    contract_docker.docker.stop_container(container, 5)

    after = contract_docker.state(container)
    assert (after["ExitCode"], after["FinishedAt"]) == (4, before["FinishedAt"])


def test_stop_container_that_is_absent_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.stop_container(ABSENT, 1)


def test_stop_container_waits_no_longer_than_the_caller(contract_docker: DockerBench) -> None:
    container = contract_docker.sh(STUBBORN)
    contract_docker.wait_log(container, "ready")
    before = time.monotonic()

    with deadline.within(0.7), pytest.raises(errors.DeadlineExceeded):
        contract_docker.docker.stop_container(container, 30)

    assert time.monotonic() - before < SOON
