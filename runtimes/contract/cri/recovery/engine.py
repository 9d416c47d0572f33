"""An engine that is killed and started again finds what ran meanwhile, and what ended.

Source: CRI runtime.v1: containers outlive the runtime's own restarts, as kubelet's nodes need it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.cri.recovery.acknowledged import END_WHEN_TOLD, mounted
from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench
    from runtimes.contract.crash.bench import Crash


@requires(Capability.RECOVERY)
def test_a_restarted_engine_knows_what_runs_and_what_ended(
    contract: Bench, contract_crash: Crash
) -> None:
    told = contract.folder()
    ended = contract.sh("exit 4")
    running = contract.sleeper()
    ending = contract.start(mounted(contract.script(END_WHEN_TOLD), told))
    before = contract.service.pod_sandbox_status(contract.sandbox.id).status

    (told / "go").touch()
    service = contract_crash.restart_engine()

    after = service.pod_sandbox_status(contract.sandbox.id).status
    assert (after.state, after.network) == (cri.SANDBOX_READY, before.network)
    assert service.container_status(ended.id).status.exit_code == 4
    assert service.container_status(running).status.state == cri.CONTAINER_RUNNING
    assert contract.wait_exited(ending).exit_code == 7


@requires(Capability.RECOVERY, Capability.EXEC_SYNC)
def test_a_container_that_outlived_its_engine_can_be_used_and_stopped(
    contract: Bench, contract_crash: Crash
) -> None:
    container = contract.start(
        contract.script("trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done")
    )
    contract.wait_log(container, "up")

    service = contract_crash.restart_engine()

    assert service.exec_sync(container, ["echo", "here"], 20).stdout == b"here\n"
    service.stop_container(container, 20)
    assert service.container_status(container).status.exit_code == 3
    service.remove_container(container)
    assert service.list_containers(cri.ContainerFilter(id=container)) == []
