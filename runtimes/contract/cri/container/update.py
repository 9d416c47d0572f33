"""UpdateContainerResources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

MIB = 1024 * 1024


@requires(Capability.CONTAINER_UPDATE)
def test_update_changes_a_running_container_and_its_status(contract: Bench) -> None:
    config = contract.script("sleep 1000")
    config.linux.resources.memory_limit_in_bytes = 64 * MIB
    config.linux.resources.cpu_shares = 512
    container = contract.start(config)

    contract.service.update_container_resources(
        container, cri.LinuxContainerResources(memory_limit_in_bytes=48 * MIB)
    )

    resources = contract.status(container).resources.linux
    assert resources.memory_limit_in_bytes == 48 * MIB
    assert resources.cpu_shares == 512


@requires(Capability.CONTAINER_UPDATE, Capability.RESOURCES, Capability.EXEC_SYNC)
def test_an_updated_limit_is_enforced(contract: Bench) -> None:
    config = contract.script("sleep 1000")
    config.linux.resources.memory_limit_in_bytes = 256 * MIB
    container = contract.start(config)
    greedy = ["dd", "if=/dev/zero", "of=/dev/null", "bs=96M", "count=1"]
    assert contract.service.exec_sync(container, greedy, 20).exit_code == 0

    contract.service.update_container_resources(
        container, cri.LinuxContainerResources(memory_limit_in_bytes=32 * MIB)
    )

    assert contract.service.exec_sync(container, greedy, 20).exit_code == 137


@requires(Capability.CONTAINER_UPDATE)
def test_update_of_a_created_container_succeeds(contract: Bench) -> None:
    container = contract.create(contract.config("true"))

    contract.service.update_container_resources(
        container, cri.LinuxContainerResources(cpu_shares=200)
    )

    contract.service.start_container(container)
    assert contract.wait_exited(container).exit_code == 0


@requires(Capability.CONTAINER_UPDATE)
def test_update_of_an_absent_container_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.update_container_resources(
            "no-such-container", cri.LinuxContainerResources(cpu_shares=200)
        )
