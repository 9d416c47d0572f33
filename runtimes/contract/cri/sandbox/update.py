"""UpdatePodSandboxResources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

LIMIT = cri.LinuxContainerResources(memory_limit_in_bytes=256 * 1024 * 1024)


@requires(Capability.SANDBOX_UPDATE)
def test_update_sandbox_leaves_it_ready(contract: Bench) -> None:
    contract.service.update_pod_sandbox_resources(contract.sandbox.id, resources=LIMIT)

    status = contract.service.pod_sandbox_status(contract.sandbox.id).status
    assert status.state == cri.SANDBOX_READY


@requires(Capability.SANDBOX_UPDATE)
def test_update_sandbox_that_is_absent_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.update_pod_sandbox_resources("no-such-sandbox", resources=LIMIT)
