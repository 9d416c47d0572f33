"""StopPodSandbox.

Source: CRI StopPodSandbox ("stops any running process that is part of the sandbox and reclaims
network resources ... idempotent").
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

AT_ONCE = 8.0


def test_stop_sandbox_makes_it_not_ready(contract: Bench) -> None:
    contract.service.stop_pod_sandbox(contract.sandbox.id)

    status = contract.service.pod_sandbox_status(contract.sandbox.id).status
    assert status.state == cri.SANDBOX_NOTREADY


def test_stop_sandbox_is_idempotent(contract: Bench) -> None:
    contract.service.stop_pod_sandbox(contract.sandbox.id)
    contract.service.stop_pod_sandbox(contract.sandbox.id)


def test_stop_sandbox_that_is_absent_succeeds(contract: Bench) -> None:
    contract.service.stop_pod_sandbox("no-such-sandbox")


def test_stop_sandbox_that_was_removed_succeeds(contract: Bench) -> None:
    contract.service.remove_pod_sandbox(contract.sandbox.id)

    contract.service.stop_pod_sandbox(contract.sandbox.id)


def test_stop_sandbox_ends_its_containers_without_a_grace_period(contract: Bench) -> None:
    stubborn = [contract.start(contract.config("sleep", "1000")) for _ in range(2)]
    before = time.monotonic()

    contract.service.stop_pod_sandbox(contract.sandbox.id)

    assert [contract.status(one).state for one in stubborn] == [cri.CONTAINER_EXITED] * 2
    assert time.monotonic() - before < AT_ONCE


def test_a_stopped_sandbox_takes_no_new_container(contract: Bench) -> None:
    contract.service.stop_pod_sandbox(contract.sandbox.id)

    with pytest.raises(errors.FailedPrecondition):
        contract.create(contract.config("true"))
