"""The seven steps: their order, and what a failure of each leaves undone."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.backoff import Backoff
from runtimes.core.pod.sync import Action, PodSyncResult, Reason
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.sync.crash_loop import back_off_key
from runtimes.kubelet.sync.pod import sync_pod
from runtimes.kubelet.sync.steps import StepFailed
from runtimes.kubelet.tests.builders import (
    EXITED,
    RUNNING,
    UID,
    UNKNOWN,
    attempt,
    container,
    pod,
    sandbox,
)
from runtimes.kubelet.tests.sync.model import ModelRuntime

A, B, INIT = container("a"), container("b"), container("i")
REFUSED = errors.Unavailable("the engine is down")


def sync(asked: v1.Pod, model: ModelRuntime, backoff: Backoff | None = None) -> PodSyncResult:
    return sync_pod(asked, model.status(), model, backoff or Backoff())


def test_a_new_pod_gets_its_sandbox_then_its_containers_in_order() -> None:
    model = ModelRuntime()

    result = sync(pod(A, B), model)

    assert model.calls == [
        "kill_pod",
        "prepare",
        "create_sandbox",
        "start_container:a",
        "start_container:b",
    ]
    assert [(one.action, one.target, one.reason) for one in result.results] == [
        (Action.KILL_POD_SANDBOX, UID, None),
        (Action.CREATE_POD_SANDBOX, "web", None),
        (Action.START_CONTAINER, "a", None),
        (Action.START_CONTAINER, "b", None),
    ]
    assert result.ok


def test_one_init_container_starts_per_sync_and_regular_ones_wait() -> None:
    model = ModelRuntime()

    sync(pod(A, init=(INIT, container("j"))), model)

    assert model.running == {"i"}


def test_a_new_sandbox_forgets_the_init_containers_that_ran_in_the_old_one() -> None:
    model = ModelRuntime([sandbox(ready=False)], [attempt(INIT, EXITED), attempt(A, EXITED)])

    sync(pod(A, init=(INIT,)), model)

    assert model.calls == [
        "kill_pod",
        "remove_container:i-0",
        "prepare",
        "create_sandbox",
        "start_container:i",
    ]


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (ModelRuntime(), []),
        (ModelRuntime([sandbox(ready=False)]), [EventReason.SANDBOX_CHANGED]),
        (ModelRuntime([sandbox()]), []),
    ],
    ids=["new", "dead", "good"],
)
def test_a_replaced_sandbox_is_told(model: ModelRuntime, told: list[EventReason]) -> None:
    sync(pod(A), model)

    assert model.events == told


def test_older_attempts_of_an_init_container_go_before_it_runs_again() -> None:
    failed = [attempt(INIT, EXITED, number, 1) for number in range(3)]
    model = ModelRuntime([sandbox()], failed)

    sync(pod(A, init=(INIT,)), model)

    assert model.calls[:2] == ["remove_container:i-1", "remove_container:i-0"]


def test_a_failed_sandbox_ends_the_sync() -> None:
    model = ModelRuntime(fails={"create_sandbox": REFUSED})

    result = sync(pod(A), model)

    assert [one.reason for one in result.failures] == [Reason.CREATE_POD_SANDBOX_ERROR]
    assert result.describe() == (
        'failed to "CreatePodSandbox" for "web" with CreatePodSandboxError: "the engine is down"'
    )
    assert not model.running


def test_a_failed_volume_ends_the_sync_before_the_sandbox() -> None:
    model = ModelRuntime(fails={"prepare": errors.Unimplemented("set up volume v: no")})

    result = sync(pod(A), model)

    assert result.error == "set up volume v: no"
    assert "create_sandbox" not in model.calls


def test_a_failed_kill_ends_the_sync() -> None:
    changed = replace(A, image="other")
    model = ModelRuntime(
        [sandbox()],
        [attempt(A, RUNNING), attempt(B, UNKNOWN)],
        fails={"kill_container:a": REFUSED},
    )

    result = sync(pod(changed, B), model)

    assert [(one.target, one.reason) for one in result.failures] == [
        ("a", Reason.KILL_CONTAINER_ERROR)
    ]
    assert model.calls == ["kill_container:a"]


def test_a_failed_init_container_ends_the_sync() -> None:
    model = ModelRuntime(
        [sandbox()], fails={"start_container:i": StepFailed(Reason.ERR_IMAGE_PULL, "no")}
    )

    result = sync(pod(A, init=(INIT,)), model)

    assert [one.reason for one in result.failures] == [Reason.ERR_IMAGE_PULL]


def test_a_failed_regular_container_leaves_the_others_alone() -> None:
    model = ModelRuntime(
        fails={"start_container:a": StepFailed(Reason.IMAGE_PULL_BACK_OFF, "later", 7.0)}
    )

    result = sync(pod(A, B), model)

    assert model.running == {"b"}
    assert result.ok
    assert [(one.target, one.retry_after) for one in result.failures] == [("a", 7.0)]


def test_ephemeral_containers_come_first_and_their_failures_matter_to_none() -> None:
    debug = v1.EphemeralContainer(name="debug", image="busybox")
    model = ModelRuntime(
        [sandbox()], [attempt(B, RUNNING)], fails={"start_container:debug": REFUSED}
    )

    result = sync(pod(A, B, ephemeral_containers=(debug,)), model)

    assert model.calls == ["prepare", "start_container:debug", "start_container:a"]
    assert [one.target for one in result.failures] == ["debug"]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_restarts_wait_longer_each_time_counted_from_the_end() -> None:
    clock = Clock()
    backoff = Backoff(clock=lambda: clock.now)
    model = ModelRuntime(exit_codes={"a": 1}, now_ns=lambda: round(clock.now * 1e9))
    asked = pod(A)
    sync(asked, model, backoff)
    waited: list[float] = []

    for _ in range(8):
        clock.now += 1.0
        model.end("a")
        ended = clock.now
        while not model.running:
            result = sync(asked, model, backoff)
            waits = [one.retry_after or 0.0 for one in result.failures]
            assert all(one.reason is Reason.CRASH_LOOP_BACK_OFF for one in result.failures)
            clock.now += min(waits, default=0.0)
        waited.append(round(clock.now - ended))

    assert waited == [0, 10, 20, 40, 80, 160, 300, 300]


def test_a_back_off_is_told_in_kubelets_words() -> None:
    clock = Clock()
    backoff = Backoff(clock=clock)
    model = ModelRuntime(
        [sandbox()], [attempt(A, EXITED, 0, 1, finished_at_ns=round(clock.now * 1e9))]
    )
    backoff.advance(back_off_key(pod(A), A))

    result = sync(pod(A), model, backoff)

    (failure,) = result.failures
    assert failure.message == f"back-off 10s restarting failed container=a pod=web_default({UID})"
    assert failure.retry_after == pytest.approx(10.0)
    assert model.events == [EventReason.BACK_OFF]


def test_the_back_off_key_names_pod_container_and_definition() -> None:
    key = back_off_key(pod(A), A)

    assert key.startswith(f"web_default_{UID}_a_")
    assert key != back_off_key(pod(A), replace(A, image="other"))
