"""What kubelet users rely on, played through on the in-memory service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.dns import Resolver
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import pod

if TYPE_CHECKING:
    from runtimes.kubelet.status.view import PodView


def only(view: PodView) -> tuple[str, int]:
    """The only container's waiting reason, or its state's kind, with its restart count."""
    (status,) = view.status.container_statuses
    if status.state.waiting is not None:
        return status.state.waiting.reason, status.restart_count or 0
    kind = "running" if status.state.running is not None else "terminated"
    return kind, status.restart_count or 0


def test_a_crashing_container_restarts_at_once_then_waits(bench: Bench) -> None:
    worker = bench.worker(pod(script("sleep 1; exit 1")))
    worker.sync()

    bench.clock.advance(1.0)
    first = worker.sync()
    bench.clock.advance(1.0)
    held_back = worker.sync()
    again_early = worker.sync()
    bench.clock.advance(held_back.next_sync or 0.0)
    second = worker.sync()

    assert only(first) == ("running", 1)
    assert only(held_back) == ("CrashLoopBackOff", 1)
    assert only(again_early) == ("CrashLoopBackOff", 1)
    assert held_back.phase == "Running"
    assert held_back.next_sync == pytest.approx(10.0, abs=0.01)
    last = held_back.status.container_statuses[0].last_state.terminated
    assert last is not None
    assert last.exit_code == 1
    assert "back-off 10s restarting failed container=app" in str(held_back.status)
    assert only(second) == ("running", 2)
    assert EventReason.BACK_OFF in bench.told


def test_a_container_killed_from_outside_comes_back(bench: Bench) -> None:
    worker = bench.worker(pod(script("sleep 1000")))
    bench.service.stop_container(worker.sync().observed.containers[0].id, 0)

    view = worker.sync()

    assert only(view) == ("running", 1)


def test_a_pod_that_never_restarts_ends_and_keeps_its_newest_sandbox(bench: Bench) -> None:
    worker = bench.worker(pod(script("exit 0"), policy="Never"))

    view = worker.run(timeout=20.0)

    assert (view.phase, view.exit_code) == ("Succeeded", 0)
    assert [one.ready for one in view.observed.sandboxes] == [False]
    assert [one.state for one in view.observed.containers] == [ContainerState.EXITED]
    worker.remove()
    assert bench.runtime.get_pods(include_exited=True) == []


def test_a_dead_sandbox_is_replaced_and_init_containers_run_again(bench: Bench) -> None:
    asked = pod(script("sleep 1000"), init=(script("echo init", "i"),))
    worker = bench.worker(asked)
    worker.run(until=lambda view: view.running, timeout=20.0)
    before = bench.status(worker.pod)

    bench.service.stop_pod_sandbox(before.sandboxes[0].id)
    view = worker.run(until=lambda view: view.running and fresh(view), timeout=20.0)

    def attempts(name: str) -> list[int]:
        return [one.restart_count for one in view.observed.containers if one.name == name]

    assert [one.attempt for one in view.observed.sandboxes] == [1, 0]
    assert attempts("i") == [1]
    assert attempts("app") == [1, 0]
    assert EventReason.SANDBOX_CHANGED in bench.told


def test_a_container_that_never_ran_runs_though_its_sandbox_died_and_nothing_restarts(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = bench.worker(pod(script("exit 3"), script("exit 0", "b"), policy="Never"))
    with monkeypatch.context() as patched:

        def cut_off(container_id: str) -> None:
            raise errors.Unavailable(f"start {container_id}: it was killed")

        patched.setattr(bench.service, "start_container", cut_off)
        sandbox = worker.sync().observed.sandboxes[0].id
    bench.service.start_container(bench.latest(worker.pod, "app").id)
    bench.service.stop_pod_sandbox(sandbox)

    view = worker.run(timeout=20.0)

    assert view.phase == "Failed"
    exits = {one.name: one.exit_code for one in view.observed.containers}
    assert exits["b"] == 0
    assert len([one for one in view.observed.containers if one.name == "app"]) == 1


def fresh(view: PodView) -> bool:
    newest = view.observed.sandboxes[0]
    return newest.ready and newest.attempt > 0


def test_a_removed_sandbox_is_made_again_as_the_first_without_an_event(bench: Bench) -> None:
    worker = bench.worker(pod(script("sleep 1000")))
    bench.service.remove_pod_sandbox(worker.sync().observed.sandboxes[0].id)

    view = worker.sync()

    assert view.running
    assert [one.attempt for one in view.observed.sandboxes] == [0]
    assert EventReason.SANDBOX_CHANGED not in bench.told


def test_a_changed_image_restarts_the_container_in_the_same_pod(bench: Bench) -> None:
    asked = pod(script("sleep 1000"))
    worker = bench.worker(asked)
    uid = worker.sync().pod.metadata.uid
    changed = replace(
        asked, spec=replace(asked.spec, containers=(script("sleep 1000", image="busybox:1"),))
    )

    view = bench.worker(changed).run(until=lambda view: view.running, timeout=20.0)

    assert view.pod.metadata.uid == uid
    assert only(view) == ("running", 1)
    assert view.status.container_statuses[0].image == "busybox:1"


def test_a_failing_init_container_holds_everything_back(bench: Bench) -> None:
    asked = pod(script("sleep 1000"), init=(script("exit 1", "i"),), policy="OnFailure")
    worker = bench.worker(asked)

    views = [worker.sync() for _ in range(3)]
    bench.clock.advance(views[-1].next_sync or 0.0)
    views.append(worker.sync())

    assert {view.phase for view in views} == {"Pending"}
    init = views[2].status.init_container_statuses[0]
    assert init.state.waiting is not None
    assert init.state.waiting.reason == "CrashLoopBackOff"
    assert [only(view) for view in views] == [("PodInitializing", 0)] * 4
    assert views[3].status.init_container_statuses[0].restart_count == 2
    attempts = [one for one in views[3].observed.containers if one.name == "i"]
    assert len(attempts) == 2


def test_a_failing_init_container_ends_a_pod_that_never_restarts(bench: Bench) -> None:
    asked = pod(script("sleep 1000"), init=(script("exit 4", "i"),), policy="Never")

    view = bench.worker(asked).run(timeout=20.0)

    assert (view.phase, view.exit_code) == ("Failed", 4)
    assert all(one.name == "i" for one in view.observed.containers)


def test_two_ready_sandboxes_are_both_stopped_and_replaced(bench: Bench) -> None:
    worker = bench.worker(pod(script("sleep 1000")))
    for attempt in (0, 1):
        config = sandbox_config(
            worker.pod, attempt, bench.config, node_resolver=Resolver(), systemd=False
        )
        bench.service.run_pod_sandbox(config)
        bench.clock.advance(1.0)

    view = worker.sync()

    assert [(one.attempt, one.ready) for one in view.observed.sandboxes] == [
        (2, True),
        (1, False),
        (0, False),
    ]
    assert view.running


def test_a_pod_whose_worker_died_is_taken_over_where_it_was(bench: Bench) -> None:
    asked = pod(script("sleep 1000"), init=(script("true", "i"),))
    bench.worker(asked).sync()

    view = bench.worker(asked).run(until=lambda view: view.running, timeout=20.0)

    assert only(view) == ("running", 0)
    assert bench.rpcs.count("RunPodSandbox") == 1


def test_a_container_that_was_oom_killed_says_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = bench.worker(pod(script("exit 137"), policy="Never"))
    ask = bench.service.container_status

    def oom(container_id: str, *, verbose: bool = False) -> cri.ContainerStatusResponse:
        answer = ask(container_id, verbose=verbose)
        if answer.status.state == cri.CONTAINER_EXITED:
            answer.status.reason = "OOMKilled"
        return answer

    monkeypatch.setattr(bench.service, "container_status", oom)

    view = worker.run(timeout=20.0)

    ended = view.status.container_statuses[0].state.terminated
    assert ended is not None
    assert (ended.reason, ended.exit_code, view.exit_code) == ("OOMKilled", 137, 137)
