"""What kubelet users rely on, played through in real containers.

    what happens                          on the embedded backend  in memory       on Docker
    a container is killed, and again      here                     test_scenarios  pod/phase
    one that never restarts ends          here                     test_scenarios  pod/phase, shim
    the sandbox is killed, or removed     here                     test_scenarios  docker, shim
    a manifest's image changes            test_changes             test_scenarios  docker, shim
    an init container fails               here                     test_scenarios  pod/init
    liveness fails, restartPolicy Never   here                     actions/        docker, shim
    the runtime is away, and back         test_losses              -               away, dies
    a record or checkpoint is damaged     test_losses              store/          shim
    two sandboxes are ready               here                     test_scenarios  docker, shim
    a preStop hook outlasts its grace     here                     sync/test_grace  docker, shim

pod/ is `runtimes.contract.pod`, which every backend passes; docker and shim are
`runtimes/contract/tests/test_pod_scenarios_on_*`, away is `test_engine_away_on_dockershim` there,
dies is the client's `test_engine_dies`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.dns import Resolver
from runtimes.kubelet.generate.sandbox import sandbox_config

if TYPE_CHECKING:
    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.tests.engines.conftest import RealKubelet
    from runtimes.kubelet.worker import PodWorker

pytestmark = pytest.mark.parametrize("engine", ["oci"], indirect=True)
PATIENCE = 60.0


def start(worker: PodWorker) -> PodView:
    return worker.run(until=lambda view: view.running, timeout=PATIENCE)


def attempts(view: PodView, name: str = "app") -> list[int]:
    return [one.restart_count for one in view.observed.containers if one.name == name]


def waiting(view: PodView) -> str:
    (status,) = view.status.container_statuses
    return status.state.waiting.reason if status.state.waiting is not None else ""


def probe(*command: str, **fields: int) -> v1.Probe:
    fields = {"period_seconds": 1, "failure_threshold": 1, **fields}
    return v1.Probe(exec=v1.ExecAction(command=command), **fields)  # type: ignore[arg-type]  # numbers only


def test_a_container_that_is_killed_restarts_at_once_and_then_waits(real: RealKubelet) -> None:
    worker = real.worker(real.script("exec sleep 1000"), policy="Always")
    for number in range(2):
        latest = start(worker).observed.latest("app")
        assert latest is not None
        assert latest.restart_count == number
        real.runtime.service.stop_container(latest.id, 0)

    view = worker.run(until=lambda view: bool(waiting(view)), timeout=PATIENCE)

    assert waiting(view) == "CrashLoopBackOff"
    assert view.phase == "Running"
    last = view.status.container_statuses[0].last_state.terminated
    assert last is not None
    assert last.exit_code == 137
    assert 5 < (view.next_sync or 0) <= 10


def test_a_pod_that_never_restarts_gives_its_sandbox_back(real: RealKubelet) -> None:
    worker = real.worker(real.script("exit 0"))

    view = worker.run(timeout=PATIENCE)

    assert (view.phase, view.exit_code) == ("Succeeded", 0)
    assert [one.ready for one in view.observed.sandboxes] == [False]
    worker.remove()
    assert worker.pod.metadata.uid not in {
        pod.uid for pod in real.runtime.get_pods(include_exited=True)
    }


def test_a_lost_sandbox_comes_back_with_its_init_containers_run_again(real: RealKubelet) -> None:
    worker = real.worker(
        real.script("exec sleep 1000"), init=(real.script("true", "i"),), policy="Always"
    )
    before = start(worker)

    real.runtime.service.stop_pod_sandbox(before.observed.sandboxes[0].id)
    after = worker.run(
        until=lambda view: view.running and view.observed.sandboxes[0].attempt == 1,
        timeout=PATIENCE,
    )

    assert attempts(after, "i") == [1]
    assert attempts(after) == [1, 0]
    assert EventReason.SANDBOX_CHANGED in real.told(worker)

    for one in after.observed.sandboxes:
        real.runtime.service.remove_pod_sandbox(one.id)
    again = start(worker)
    assert [one.attempt for one in again.observed.sandboxes] == [0]
    assert real.told(worker).count(EventReason.SANDBOX_CHANGED) == 1


def test_a_failing_init_container_holds_the_others_back(real: RealKubelet) -> None:
    worker = real.worker(
        real.script("exec sleep 1000"), init=(real.script("exit 1", "i"),), policy="OnFailure"
    )

    def held_back(view: PodView) -> bool:
        (status,) = view.status.init_container_statuses
        return status.state.waiting is not None and bool(status.restart_count)

    view = worker.run(until=held_back, timeout=PATIENCE)

    assert view.phase == "Pending"
    assert attempts(view) == []
    assert waiting(view) == "PodInitializing"


def test_a_failed_liveness_probe_ends_a_pod_that_never_restarts(real: RealKubelet) -> None:
    worker = real.worker(real.script("exec sleep 1000", liveness_probe=probe("false")))

    view = worker.run(timeout=PATIENCE)

    assert (view.phase, attempts(view)) == ("Failed", [0])
    assert {EventReason.UNHEALTHY, EventReason.KILLING} <= set(real.told(worker))
    assert [one.ready for one in view.observed.sandboxes] == [False]


def test_two_ready_sandboxes_are_both_replaced(real: RealKubelet) -> None:
    worker = real.worker(real.script("exec sleep 1000"), policy="Always")
    for attempt in (0, 1):
        config = sandbox_config(
            worker.pod, attempt, real.config, node_resolver=Resolver(), systemd=False
        )
        real.runtime.service.run_pod_sandbox(config)

    view = worker.look()
    assert [one.ready for one in view.observed.sandboxes] == [True, True]
    view = start(real.successor(worker))

    assert [(one.attempt, one.ready) for one in view.observed.sandboxes] == [
        (2, True),
        (1, False),
        (0, False),
    ]


def test_a_hook_that_outlasts_the_grace_leaves_two_seconds(real: RealKubelet) -> None:
    """On a restart in place, by the probe's own grace, and on deletion by what is left of it."""
    stubborn = "trap 'echo asked' TERM; echo up; while true; do sleep 0.1; done"
    hook = v1.LifecycleHandler(exec=v1.ExecAction(command=("sleep", "100")))
    liveness = probe("test", "!", "-e", "/sick", termination_grace_period_seconds=1)
    worker = real.worker(
        real.script(stubborn, liveness_probe=liveness, lifecycle=v1.Lifecycle(pre_stop=hook)),
        policy="Always",
        termination_grace_period_seconds=600,
    )
    first = start(worker).observed.containers[0]
    real.runtime.exec(first.id, ["touch", "/sick"], 20)
    view = worker.run(until=lambda view: attempts(view) == [1, 0], timeout=PATIENCE)
    ended = view.observed.containers[1]
    assert real.log_of(ended).splitlines() == ["up", "asked"]
    assert ended.exit_code == 137

    began = time.monotonic()
    worker.stop(grace_period=1)
    assert time.monotonic() - began < 60
    latest = worker.look().observed.containers[0]
    assert latest.state is ContainerState.EXITED
    assert real.log_of(latest).splitlines()[-1] == "asked"


def test_a_pod_is_found_again_as_it_was_by_another_process(real: RealKubelet) -> None:
    worker = real.worker(real.script("exec sleep 1000"), policy="Always")
    before = start(worker)

    view = real.successor(worker).run(until=lambda view: view.running, timeout=PATIENCE)

    assert [one.id for one in view.observed.containers] == [
        one.id for one in before.observed.containers
    ]
