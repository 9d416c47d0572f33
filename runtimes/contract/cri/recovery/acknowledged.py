"""What a call that was answered did is there after a kill -9 of the process that made it.

Source: CRI runtime.v1: sandboxes and containers are the runtime's, and outlive who made them
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.bench import Bench
    from runtimes.contract.crash.bench import Crash
    from runtimes.contract.crash.caller import Caller

WAIT = "while [ ! -e /told/go ]; do sleep 0.05; done"
SPEAK_WHEN_TOLD = f"echo early; {WAIT}; echo late; sleep 1000"
END_WHEN_TOLD = f"{WAIT}; exit 7"


def mounted(config: cri.ContainerConfig, folder: Path) -> cri.ContainerConfig:
    """The container, with `folder` at ``/told``."""
    config.mounts.add(host_path=str(folder), container_path="/told")
    return config


def created(contract: Bench, caller: Caller, config: cri.ContainerConfig) -> str:
    """A container of the test's sandbox that another process creates."""
    sandbox = contract.sandbox
    return contract.adopt_container(
        caller.call("create_container", sandbox.id, config, sandbox.config)
    )


@requires(Capability.RECOVERY)
def test_a_sandbox_outlives_the_process_that_ran_it(contract: Bench, contract_crash: Crash) -> None:
    config = contract.sandbox_config()
    caller = contract_crash.caller()
    sandbox = contract.adopt(caller.call("run_pod_sandbox", config), config)
    told = caller.call("pod_sandbox_status", sandbox.id).status

    caller.kill()

    found = contract_crash.reopened().pod_sandbox_status(sandbox.id).status
    assert found.state == cri.SANDBOX_READY
    assert (found.metadata, found.labels) == (config.metadata, config.labels)
    assert (found.created_at, found.network) == (told.created_at, told.network)


@requires(Capability.RECOVERY)
def test_a_container_runs_on_when_its_starter_is_killed(
    contract: Bench, contract_crash: Crash
) -> None:
    told, caller = contract.folder(), contract_crash.caller()
    container = created(contract, caller, mounted(contract.script(SPEAK_WHEN_TOLD), told))
    caller.call("start_container", container)
    before = caller.call("container_status", container).status
    contract.wait_log(container, "early")

    caller.kill()

    found = contract_crash.reopened().container_status(container).status
    assert (found.state, found.started_at) == (cri.CONTAINER_RUNNING, before.started_at)
    (told / "go").touch()
    contract.wait_log(container, "late")
    assert contract.log(container) == "early\nlate\n"


@requires(Capability.RECOVERY, Capability.EXEC_SYNC)
def test_a_container_that_outlived_its_starter_can_be_used_and_stopped(
    contract: Bench, contract_crash: Crash
) -> None:
    caller = contract_crash.caller()
    config = contract.script("trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done")
    container = created(contract, caller, config)
    caller.call("start_container", container)
    contract.wait_log(container, "up")
    caller.kill()

    service = contract_crash.reopened()
    answer = service.exec_sync(container, ["echo", "here"], 20)
    service.stop_container(container, 20)

    assert answer.stdout == b"here\n"
    assert service.container_status(container).status.exit_code == 3


@requires(Capability.RECOVERY)
def test_the_exit_code_of_what_ends_after_the_kill_is_found(
    contract: Bench, contract_crash: Crash
) -> None:
    told, caller = contract.folder(), contract_crash.caller()
    config = mounted(contract.script(END_WHEN_TOLD), told)
    container = created(contract, caller, config)
    caller.call("start_container", container)

    caller.kill()
    (told / "go").touch()

    status = contract.wait_exited(container)
    found = contract_crash.reopened().container_status(container).status
    assert (found.state, found.exit_code) == (cri.CONTAINER_EXITED, 7)
    assert found.finished_at == status.finished_at >= found.started_at > 0


@requires(Capability.RECOVERY)
def test_what_was_stopped_and_removed_stays_so(contract: Bench, contract_crash: Crash) -> None:
    sandbox = contract.new_sandbox()
    removed, stopped = contract.sleeper(sandbox), contract.sleeper(sandbox)
    caller = contract_crash.caller()
    caller.call("stop_container", stopped, 20)
    caller.call("remove_container", removed)
    caller.call("stop_pod_sandbox", sandbox.id)

    caller.kill()

    service = contract_crash.reopened()
    listed = service.list_containers(cri.ContainerFilter(pod_sandbox_id=sandbox.id))
    assert [(one.id, one.state) for one in listed] == [(stopped, cri.CONTAINER_EXITED)]
    assert service.container_status(stopped).status.exit_code == 0
    assert service.pod_sandbox_status(sandbox.id).status.state == cri.SANDBOX_NOTREADY
    with pytest.raises(errors.NotFound):
        service.container_status(removed)


@requires(Capability.RECOVERY)
def test_images_are_there_after_the_kill(contract: Bench, contract_crash: Crash) -> None:
    caller = contract_crash.caller()
    told = caller.call("image_status", contract.image).image.id

    caller.kill()

    service = contract_crash.reopened()
    assert told
    assert service.image_status(contract.image).image.id == told
    assert told in [image.id for image in service.list_images()]
