"""PodWorker: what it does when, how it waits, stops, and shares a pod with other processes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core import deadline, errors
from runtimes.core.pod import v1
from runtimes.core.pod.sync import Action, PodSyncResult, Reason, SyncResult
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import (
    EXITED,
    RUNNING,
    attempt,
    container,
    observed,
    pod,
    sandbox,
)
from runtimes.kubelet.waiting import Patience, Watch
from runtimes.kubelet.worker import PodWorker, WorkerSettings

if TYPE_CHECKING:
    from runtimes.core.pod.status import PodStatus, RunningPod
    from runtimes.kubelet.status.view import PodView

FOREVER = script("sleep 1000")


def test_a_fresh_pod_is_started_without_a_look_first(bench: Bench) -> None:
    view = bench.worker(pod(FOREVER), fresh=True).sync()

    assert view.phase == "Running"
    assert view.running
    assert view.ready
    assert bench.rpcs[:2] == ["RuntimeConfig", "RunPodSandbox"]
    assert view.status.pod_ip
    assert view.exit_code is None


def test_a_pod_runs_to_its_end_and_gives_its_sandbox_back(bench: Bench) -> None:
    asked = pod(
        script("cat /v/x; exit 3", volume_mounts=(MOUNT,)),
        init=(script("echo hi > /v/x", "i", volume_mounts=(MOUNT,)),),
        volumes=(v1.Volume(name="v"),),
        policy="Never",
    )
    worker = bench.worker(asked, fresh=True)

    view = worker.run(timeout=30.0)

    assert (view.phase, view.exit_code, view.next_sync) == ("Failed", 3, None)
    assert bench.log(worker.pod) == "hi\n"
    assert [one.ready for one in view.observed.sandboxes] == [False]
    assert "ContainerCreating" not in str(view.status)


MOUNT = v1.VolumeMount(name="v", mount_path="/v")


def test_regular_containers_start_as_soon_as_the_last_init_container_has_ended(
    bench: Bench,
) -> None:
    worker = bench.worker(pod(FOREVER, init=(script("true", "i"), script("true", "j"))))

    views = [worker.sync() for _ in range(3)]

    assert [view.next_sync for view in views[:2]] == [0.0, 0.0]
    assert views[2].running


def test_every_step_is_seen_by_who_follows(bench: Bench) -> None:
    worker = bench.worker(pod(script("true"), policy="OnFailure"))

    phases = [view.phase for view in worker.views(timeout=30.0)]

    assert phases[-1] == "Succeeded"
    assert len(phases) >= 2


def test_waiting_ends_as_soon_as_a_container_ends(bench: Bench) -> None:
    worker = bench.worker(pod(script("sleep 30; exit 5"), policy="Never"))
    turn = threading.Timer(0.1, bench.clock.advance, (31.0,))
    turn.start()
    begun = time.monotonic()

    view = worker.run(timeout=20.0)

    turn.join()
    assert view.exit_code == 5
    assert time.monotonic() - begun < 10.0


def test_a_run_ends_with_the_first_view_that_is_wanted(bench: Bench) -> None:
    view = bench.worker(pod(FOREVER)).run(until=lambda view: view.running, timeout=20.0)

    assert view.running
    assert not view.finished


def test_a_run_may_wait_for_what_no_change_of_the_pod_announces(bench: Bench) -> None:
    came = threading.Event()
    turn = threading.Timer(0.3, came.set)
    turn.start()
    begun = time.monotonic()

    bench.worker(pod(FOREVER)).run(until=lambda _view: came.is_set(), timeout=30.0)

    turn.join()
    assert time.monotonic() - begun < 10.0


def test_a_run_that_takes_too_long_says_so_and_leaves_the_pod(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))

    with pytest.raises(errors.DeadlineExceeded, match="the pod goes on"):
        worker.run(timeout=0.2)
    with deadline.within(0.1), pytest.raises(errors.DeadlineExceeded):
        worker.run()

    assert worker.look().running


def test_a_run_can_be_interrupted_from_another_thread(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))
    turn = threading.Timer(0.1, worker.interrupt)
    turn.start()

    with pytest.raises(errors.Canceled, match="interrupted"):
        worker.run(timeout=30.0)

    turn.join()
    assert worker.look().running


def test_looking_takes_no_step(bench: Bench) -> None:
    view = bench.worker(pod(FOREVER)).look()

    assert view.phase == "Pending"
    assert "RunPodSandbox" not in bench.rpcs


def test_stopping_ends_everything_and_marks_the_record(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))
    worker.sync()

    view = worker.stop(grace_period=2)

    assert view.finished
    assert bench.runtime.get_pods() == []
    marked = bench.store.by_uid(worker.pod.metadata.uid)
    assert marked is not None
    assert marked.metadata.deletion_timestamp
    assert worker.stop().finished


def test_a_stopped_pod_stays_stopped(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))
    worker.sync()
    worker.stop()

    view = worker.run(timeout=20.0)

    assert view.finished
    assert bench.runtime.get_pods() == []


def test_stopping_at_once_kills(bench: Bench) -> None:
    worker = bench.worker(pod(script("trap '' TERM; sleep 1000")))
    worker.sync()
    before = bench.clock.now_ns()

    view = worker.stop(grace_period=0)

    ended = view.status.container_statuses[0].state.terminated
    assert ended is not None
    assert ended.exit_code == 137
    assert bench.clock.now_ns() - before < 10**9


def test_applying_a_stopped_pod_starts_it_again(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))
    worker.sync()
    worker.stop()

    again = bench.worker(pod(FOREVER))
    view = again.run(until=lambda view: view.running, timeout=20.0)

    assert again.pod.metadata.uid == worker.pod.metadata.uid
    assert view.status.container_statuses[0].restart_count == 1


def test_removing_leaves_nothing(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER, volumes=(v1.Volume(name="v"),)))
    worker.sync()

    worker.remove()
    worker.remove()

    assert bench.runtime.get_pods(include_exited=True) == []
    assert bench.store.list() == []
    assert list((bench.config.root / "pods").iterdir()) == []
    assert list(bench.config.log_root.iterdir()) == []


def test_a_stop_from_another_process_ends_the_pod_here_too(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))
    views: list[PodView] = []
    runner = threading.Thread(target=lambda: views.append(worker.run(timeout=30.0)))
    worker.sync()
    runner.start()

    bench.store.mark_deleted(worker.pod.metadata.uid, 1)

    runner.join(20.0)
    assert [view.finished for view in views] == [True]
    assert bench.runtime.get_pods() == []


def test_a_removal_by_another_process_ends_the_pod_here_too(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))
    worker.sync()

    bench.store.remove(worker.pod.metadata.uid)
    view = worker.run(timeout=20.0)

    assert view.finished
    assert bench.runtime.get_pods() == []


def test_another_manifest_restarts_the_changed_container_only(bench: Bench) -> None:
    asked = pod(FOREVER, script("sleep 1000", "other"))
    worker = bench.worker(asked)
    worker.sync()
    changed = replace(
        asked, spec=replace(asked.spec, containers=(script("sleep 2000"), asked.spec.containers[1]))
    )
    bench.store.apply(replace(changed, metadata=replace(changed.metadata, uid="")))

    view = worker.run(until=lambda view: view.running, timeout=20.0)

    counts = {one.name: one.restart_count for one in view.status.container_statuses}
    assert counts == {"app": 1, "other": 0}


def test_only_one_process_works_on_a_pod_at_a_time(bench: Bench) -> None:
    worker = bench.worker(pod(FOREVER))
    done = threading.Event()

    def sync() -> None:
        worker.sync()
        done.set()

    with bench.store.held(worker.pod.metadata.uid):
        runner = threading.Thread(target=sync)
        runner.start()
        assert not done.wait(0.2)
    assert done.wait(20.0)
    runner.join()


def test_a_pod_that_outlives_its_deadline_is_killed(bench: Bench) -> None:
    now = bench.clock.now_ns() // 10**9
    asked = pod(FOREVER, active_deadline_seconds=60)
    worker = bench.worker(asked)
    born = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    worker._pod = replace(
        worker.pod, metadata=replace(worker.pod.metadata, creation_timestamp=born)
    )
    first = worker.sync()
    bench.clock.advance(61.0)

    view = worker.run(timeout=20.0)

    assert first.next_sync == pytest.approx(60.0, abs=1.0)
    assert (view.phase, view.status.reason) == ("Failed", "DeadlineExceeded")
    assert bench.runtime.get_pods() == []
    assert bench.told.count(EventReason.DEADLINE_EXCEEDED) == 1


def test_a_failed_step_is_tried_again_later(bench: Bench) -> None:
    bench.service.fail_next("RunPodSandbox", errors.Unavailable("no"))
    worker = bench.worker(pod(FOREVER))

    view = worker.sync()

    assert (view.phase, view.next_sync) == ("Pending", 10.0)
    assert worker.sync().running


def test_a_failed_image_shows_its_reason_while_others_run(bench: Bench) -> None:
    asked = pod(FOREVER, container("bad", image="localhost/none:1"))
    worker = bench.worker(asked)

    first = worker.sync()
    second = worker.sync()

    def reason(view: PodView) -> str:
        waiting = view.status.container_statuses[1].state.waiting
        return waiting.reason if waiting else ""

    assert (reason(first), reason(second)) == ("ErrImagePull", "ImagePullBackOff")
    assert first.status.container_statuses[0].state.running is not None
    assert first.next_sync == 10.0
    assert second.next_sync == pytest.approx(10.0, abs=0.5)


@dataclass
class Plain:
    """A PodRuntime without `wait_for_change`, whose states come from a list."""

    states: list[PodStatus]
    result: PodSyncResult = field(default_factory=PodSyncResult)
    kills: list[int | None] = field(default_factory=list)
    name: str = "plain"

    def get_pod_status(self, uid: str, name: str, namespace: str) -> PodStatus:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def sync_pod(self, *_: object, **probes: object) -> PodSyncResult:
        return self.result

    def kill_pod(
        self, pod: v1.Pod | None, running: RunningPod, grace_period: int | None = None
    ) -> PodSyncResult:
        self.kills.append(grace_period)
        return PodSyncResult((SyncResult(Action.KILL_POD_SANDBOX, "uid"),))


A = container("a")


def test_a_runtime_that_cant_wait_is_asked_again_and_again() -> None:
    asked = pod(A, policy="Never")
    alive, ended = observed(attempt(A, RUNNING)), observed(attempt(A, EXITED))
    over = observed(attempt(A, EXITED), sandboxes=(sandbox(ready=False),))
    runtime = Plain([alive, alive, alive, ended, over])
    worker = PodWorker(runtime, asked)  # type: ignore[arg-type]  # what a worker uses of one

    view = worker.run(timeout=20.0)

    assert view.phase == "Succeeded"
    assert runtime.kills == [None]


def test_a_pod_that_wont_die_is_told() -> None:
    runtime = Plain([observed(attempt(A, RUNNING))])
    worker = PodWorker(runtime, pod(A))  # type: ignore[arg-type]  # what a worker uses of one

    with pytest.raises(errors.Internal, match="still runs after it was killed 3 times"):
        worker.stop(5)

    assert runtime.kills == [5, 5, 5]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (PodSyncResult(), 60.0),
        (PodSyncResult(error="no"), 10.0),
        (
            PodSyncResult(
                (SyncResult(Action.START_CONTAINER, "a", Reason.CRASH_LOOP_BACK_OFF, "", 4.0),)
            ),
            4.0,
        ),
        (
            PodSyncResult(
                (SyncResult(Action.CREATE_POD_SANDBOX, "a", Reason.CREATE_POD_SANDBOX_ERROR),)
            ),
            10.0,
        ),
    ],
)
def test_the_next_sync_is_due_as_the_last_one_says(result: PodSyncResult, expected: float) -> None:
    runtime = Plain([observed(attempt(A, RUNNING))], result)
    settings = WorkerSettings(retry=10.0, resync=60.0)
    worker = PodWorker(runtime, pod(A), settings=settings)  # type: ignore[arg-type]  # what it uses

    assert worker.sync().next_sync == expected


def test_waiting_returns_for_a_new_record_even_if_nothing_else_changes() -> None:
    look = observed()
    watch = Watch(Plain([look]), look, lambda: look, lambda: True)  # type: ignore[arg-type]  # unused

    assert watch.wait(60.0, Patience("test", None)) is None
