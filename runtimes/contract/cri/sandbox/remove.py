"""RemovePodSandbox.

Source: CRI RemovePodSandbox ("If there are any running containers in the sandbox, they must be
forcibly terminated and removed ... idempotent").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_remove_sandbox_makes_it_unknown(contract: Bench) -> None:
    sandbox = contract.sandbox

    contract.service.remove_pod_sandbox(sandbox.id)

    with pytest.raises(errors.NotFound):
        contract.service.pod_sandbox_status(sandbox.id)
    assert contract.service.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox.id)) == []


def test_remove_sandbox_is_idempotent(contract: Bench) -> None:
    contract.service.remove_pod_sandbox(contract.sandbox.id)
    contract.service.remove_pod_sandbox(contract.sandbox.id)


def test_remove_sandbox_that_is_absent_succeeds(contract: Bench) -> None:
    contract.service.remove_pod_sandbox("no-such-sandbox")


def test_remove_sandbox_takes_its_running_containers_along(contract: Bench) -> None:
    container = contract.start(contract.config("sleep", "1000"))

    contract.service.remove_pod_sandbox(contract.sandbox.id)

    with pytest.raises(errors.NotFound):
        contract.service.container_status(container)


def test_a_removed_sandboxes_name_is_free_again(contract: Bench) -> None:
    contract.service.remove_pod_sandbox(contract.sandbox.id)

    again = contract.new_sandbox(contract.sandbox.config)

    assert again.id
