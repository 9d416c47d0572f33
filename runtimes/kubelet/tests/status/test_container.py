"""What people see of one container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod import v1
from runtimes.core.pod.sync import Action, PodSyncResult, Reason, SyncResult
from runtimes.kubelet.status.container import ContainerInputs, container_status
from runtimes.kubelet.status.reasons import WaitReason, updated_reasons
from runtimes.kubelet.tests.builders import (
    CREATED,
    EXITED,
    RUNNING,
    UNKNOWN,
    attempt,
    container,
    observed,
    pod,
    with_meta,
)

if TYPE_CHECKING:
    from runtimes.core.pod.status import ContainerStatus

A = container("a")
BACK_OFF = {"a": WaitReason("CrashLoopBackOff", "back-off 10s")}
SECOND = 10**9


def seen(
    *attempts: ContainerStatus,
    asked: v1.Pod | None = None,
    reasons: dict[str, WaitReason] | None = None,
    previous: v1.ContainerStatus | None = None,
    init: bool = False,
    limit: int = 4096,
) -> v1.ContainerStatus:
    inputs = ContainerInputs(
        observed=observed(*attempts),
        scheme="oci",
        reasons=reasons or {},
        previous={} if previous is None else {"a": previous},
        message_limit=limit,
    )
    return container_status(asked or pod(A), A, inputs, init=init)


def kind(state: v1.ContainerState) -> str:
    names = ("running", "terminated", "waiting")
    return next((name for name in names if getattr(state, name) is not None), "")


def test_a_running_container() -> None:
    status = seen(attempt(A, RUNNING, 2, started_at_ns=5 * SECOND, image="busybox:1"))

    assert status.state.running == v1.ContainerStateRunning(started_at="1970-01-01T00:00:05Z")
    assert (status.ready, status.started, status.restart_count) == (True, True, 2)
    assert (status.container_id, status.image) == ("oci://a-2", "busybox:1")
    assert kind(status.last_state) == ""


def test_an_ended_container_with_the_attempt_before_it() -> None:
    status = seen(
        attempt(A, EXITED, 1, 3, started_at_ns=SECOND, finished_at_ns=2 * SECOND, message="bye"),
        attempt(A, EXITED, 0, 0, reason="Completed"),
    )

    assert status.state.terminated == v1.ContainerStateTerminated(
        exit_code=3,
        reason="Error",
        message="bye",
        started_at="1970-01-01T00:00:01Z",
        finished_at="1970-01-01T00:00:02Z",
        container_id="oci://a-1",
    )
    assert status.last_state.terminated is not None
    assert status.last_state.terminated.exit_code == 0
    assert (status.ready, status.started) == (False, False)


def test_the_runtimes_own_reason_is_kept() -> None:
    status = seen(attempt(A, EXITED, 0, 137, reason="OOMKilled"))

    assert status.state.terminated is not None
    assert status.state.terminated.reason == "OOMKilled"


def test_a_created_container_waits_and_has_not_ended() -> None:
    status = seen(attempt(A, CREATED, 1), attempt(A, EXITED, 0, 1))

    assert kind(status.state) == "waiting"
    assert kind(status.last_state) == "terminated"


@pytest.mark.parametrize(
    ("init", "reason"), [((), "ContainerCreating"), ((container("i"),), "PodInitializing")]
)
def test_a_container_that_isnt_there_yet_says_what_it_waits_for(
    init: tuple[v1.Container, ...], reason: str
) -> None:
    status = seen(asked=pod(A, init=init))

    assert status.state.waiting == v1.ContainerStateWaiting(reason=reason)
    assert (status.ready, status.restart_count) == (False, 0)


def test_a_restart_held_back_shows_why_and_what_ended_last() -> None:
    status = seen(attempt(A, EXITED, 4, 1), reasons=BACK_OFF)

    assert status.state.waiting == v1.ContainerStateWaiting(
        reason="CrashLoopBackOff", message="back-off 10s"
    )
    assert status.last_state.terminated is not None
    assert status.last_state.terminated.container_id == "oci://a-4"
    assert status.restart_count == 4


def test_an_image_that_cant_be_pulled_shows_why() -> None:
    status = seen(reasons={"a": WaitReason("ErrImagePull", "no such image")})

    assert status.state.waiting == v1.ContainerStateWaiting(
        reason="ErrImagePull", message="no such image"
    )


@pytest.mark.parametrize(("policy", "code"), [("Never", 1), ("OnFailure", 0)])
def test_a_container_that_wont_restart_shows_its_end_whatever_was_held_back(
    policy: str, code: int
) -> None:
    status = seen(attempt(A, EXITED, 0, code), asked=pod(A, policy=policy), reasons=BACK_OFF)

    assert kind(status.state) == "terminated"


def test_an_init_container_is_ready_once_it_succeeded_and_never_waits_again() -> None:
    done = seen(attempt(A, EXITED), init=True, reasons=BACK_OFF)
    running = seen(attempt(A, RUNNING), init=True)

    assert (done.ready, kind(done.state)) == (True, "terminated")
    assert not running.ready


LIVE = v1.ContainerStatus(
    name="a",
    restart_count=3,
    container_id="oci://a-3",
    state=v1.ContainerState(running=v1.ContainerStateRunning()),
)


def test_a_container_that_vanished_while_running_is_told_as_lost() -> None:
    status = seen(previous=LIVE)

    assert kind(status.state) == "waiting"
    assert status.last_state.terminated is not None
    assert status.last_state.terminated.exit_code == 137
    assert status.last_state.terminated.reason == "ContainerStatusUnknown"
    assert status.restart_count == 4


def test_a_container_that_vanished_after_its_end_keeps_it() -> None:
    ended = v1.ContainerStatus(
        name="a",
        restart_count=1,
        state=v1.ContainerState(terminated=v1.ContainerStateTerminated(exit_code=2)),
    )

    assert seen(previous=ended, asked=pod(A, policy="Never")).state == ended.state


def test_vanishing_with_the_pod_is_no_restart() -> None:
    deleted = with_meta(pod(A), deletion_timestamp="2026-01-01T00:00:00Z")

    assert seen(asked=deleted, previous=LIVE).restart_count == 3


def test_an_unknown_container_that_was_running_is_told_as_lost() -> None:
    known = seen(attempt(A, UNKNOWN, 3), previous=LIVE)
    never_seen = seen(attempt(A, UNKNOWN))

    assert known.state.terminated is not None
    assert known.state.terminated.reason == "ContainerStatusUnknown"
    assert known.restart_count == 4
    assert kind(never_seen.state) == "waiting"


def test_a_long_message_is_cut_at_a_character() -> None:
    status = seen(attempt(A, EXITED, message="é" * 10), limit=5)

    assert status.state.terminated is not None
    assert status.state.terminated.message == "éé"


def test_reasons_come_from_starts_only_and_go_with_a_good_one() -> None:
    failed = PodSyncResult(
        (
            SyncResult(Action.START_CONTAINER, "a", Reason.ERR_IMAGE_PULL, "no"),
            SyncResult(Action.KILL_CONTAINER, "b", Reason.KILL_CONTAINER_ERROR, "no"),
        )
    )
    good = PodSyncResult((SyncResult(Action.START_CONTAINER, "a"),))

    after = updated_reasons({"c": WaitReason("X", "")}, failed)

    assert after == {"c": WaitReason("X", ""), "a": WaitReason("ErrImagePull", "no")}
    assert updated_reasons(after, good) == {"c": WaitReason("X", "")}
