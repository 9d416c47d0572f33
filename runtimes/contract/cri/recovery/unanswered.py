"""A call whose answer was lost can be made again, at whatever moment its caller was killed.

Source: CRI runtime.v1, Stop and Remove are idempotent; Run and Create leave one thing or none
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.crash.bench import Moment, at_any_moment, eventually
from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench, Sandbox
    from runtimes.contract.crash.bench import Crash
    from runtimes.core.cri.services import CriService

KILLED = 137


@at_any_moment
@requires(Capability.RECOVERY)
def test_an_interrupted_run_leaves_one_sandbox_or_none(
    contract: Bench, contract_crash: Crash, moment: Moment
) -> None:
    config = contract.sandbox_config()

    service = contract_crash.interrupted(moment, "run_pod_sandbox", config)

    sandbox = contract.adopt(eventually(partial(the_sandbox, service, config)), config)
    assert sandboxes(service, config) == [sandbox.id]
    service.stop_pod_sandbox(sandbox.id)
    service.remove_pod_sandbox(sandbox.id)
    assert sandboxes(service, config) == []
    assert contract.new_sandbox(config).id != sandbox.id


@at_any_moment
@requires(Capability.RECOVERY)
def test_an_interrupted_create_leaves_one_container_or_none(
    contract: Bench, contract_crash: Crash, moment: Moment
) -> None:
    sandbox, config = contract.sandbox, contract.script("exit 5")
    given = (sandbox.id, config, sandbox.config)

    service = contract_crash.interrupted(moment, "create_container", *given)

    found = eventually(partial(the_container, service, sandbox, config))
    container = contract.adopt_container(found)
    assert containers(service, sandbox, config) == [container]
    service.start_container(container)
    assert contract.wait_exited(container).exit_code == 5
    service.remove_container(container)
    assert contract.create(config, sandbox) != container


@at_any_moment
@requires(Capability.RECOVERY)
def test_an_interrupted_start_started_or_can_be_made_again(
    contract: Bench, contract_crash: Crash, moment: Moment
) -> None:
    """One that was begun and failed has ended with its reason; nothing is in between for good."""
    container = contract.create(contract.script("sleep 1000"))

    service = contract_crash.interrupted(moment, "start_container", container)

    state = eventually(partial(state_once_started, service, container))
    assert state in {cri.CONTAINER_RUNNING, cri.CONTAINER_EXITED}
    service.stop_container(container, 0)
    contract.wait_exited(container)


@at_any_moment
@requires(Capability.RECOVERY)
def test_an_interrupted_stop_of_a_container_can_be_made_again(
    contract: Bench, contract_crash: Crash, moment: Moment
) -> None:
    container = contract.sleeper()

    service = contract_crash.interrupted(moment, "stop_container", container, 20)
    service.stop_container(container, 20)

    assert contract.wait_exited(container).exit_code in {0, KILLED}


@at_any_moment
@requires(Capability.RECOVERY)
def test_an_interrupted_removal_of_a_container_can_be_made_again(
    contract: Bench, contract_crash: Crash, moment: Moment
) -> None:
    container = contract.sleeper()

    service = contract_crash.interrupted(moment, "remove_container", container)
    eventually(partial(service.remove_container, container))

    with pytest.raises(errors.NotFound):
        service.container_status(container)


@at_any_moment
@requires(Capability.RECOVERY)
def test_an_interrupted_stop_of_a_sandbox_can_be_made_again(
    contract: Bench, contract_crash: Crash, moment: Moment
) -> None:
    sandbox = contract.new_sandbox()
    container = contract.sleeper(sandbox)

    service = contract_crash.interrupted(moment, "stop_pod_sandbox", sandbox.id)
    eventually(partial(service.stop_pod_sandbox, sandbox.id))

    status = service.pod_sandbox_status(sandbox.id).status
    assert status.state == cri.SANDBOX_NOTREADY
    contract.wait_exited(container)


@at_any_moment
@requires(Capability.RECOVERY)
def test_an_interrupted_removal_of_a_sandbox_can_be_made_again(
    contract: Bench, contract_crash: Crash, moment: Moment
) -> None:
    sandbox = contract.new_sandbox()
    container = contract.sleeper(sandbox)

    service = contract_crash.interrupted(moment, "remove_pod_sandbox", sandbox.id)
    eventually(partial(service.remove_pod_sandbox, sandbox.id))

    assert sandboxes(service, sandbox.config) == []
    assert service.list_containers(cri.ContainerFilter(id=container)) == []


def sandboxes(service: CriService, config: cri.PodSandboxConfig) -> list[str]:
    """Ids of those with that metadata."""
    return [one.id for one in service.list_pod_sandbox() if one.metadata == config.metadata]


def containers(service: CriService, sandbox: Sandbox, config: cri.ContainerConfig) -> list[str]:
    """Ids of those with that metadata."""
    found = service.list_containers(cri.ContainerFilter(pod_sandbox_id=sandbox.id))
    return [one.id for one in found if one.metadata == config.metadata]


def the_sandbox(service: CriService, config: cri.PodSandboxConfig) -> str:
    """The one that is there already, or a new one."""
    found = sandboxes(service, config)
    return found[0] if found else service.run_pod_sandbox(config)


def the_container(service: CriService, sandbox: Sandbox, config: cri.ContainerConfig) -> str:
    """The one that is there already, or a new one."""
    found = containers(service, sandbox, config)
    return found[0] if found else service.create_container(sandbox.id, config, sandbox.config)


def state_once_started(service: CriService, container: str) -> cri.ContainerState.ValueType:
    """Start it unless that was done."""
    if service.container_status(container).status.state == cri.CONTAINER_CREATED:
        service.start_container(container)
    return service.container_status(container).status.state
