from __future__ import annotations

import pytest

from runtimes.client import Summary, summarise
from runtimes.core.pod import v1

_RUNNING = v1.ContainerState(running=v1.ContainerStateRunning())


def _waiting(reason: str) -> v1.ContainerState:
    return v1.ContainerState(waiting=v1.ContainerStateWaiting(reason=reason))


def _ended(code: int, reason: str = "", signal: int | None = None) -> v1.ContainerState:
    return v1.ContainerState(
        terminated=v1.ContainerStateTerminated(exit_code=code, reason=reason, signal=signal)
    )


def _status(
    *states: v1.ContainerState,
    init: tuple[v1.ContainerState, ...] = (),
    phase: str = "Running",
    reason: str = "",
    restarts: int = 0,
) -> v1.PodStatus:
    def each(
        given: tuple[v1.ContainerState, ...],
    ) -> tuple[v1.ContainerStatus, ...]:
        return tuple(
            v1.ContainerStatus(
                name=f"c{number}",
                state=state,
                ready=state.running is not None,
                restart_count=restarts,
            )
            for number, state in enumerate(given)
        )

    return v1.PodStatus(
        phase=phase,
        reason=reason,
        container_statuses=each(states),
        init_container_statuses=each(init),
    )


def _pod(containers: int = 1, init: int = 0, *, deleted: bool = False) -> v1.Pod:
    return v1.Pod(
        metadata=v1.ObjectMeta(deletion_timestamp="2026-01-01T00:00:00Z" if deleted else ""),
        spec=v1.PodSpec(
            containers=tuple(v1.Container(name=f"c{n}") for n in range(containers)),
            init_containers=tuple(v1.Container(name=f"i{n}") for n in range(init)),
        ),
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (_status(_RUNNING), "Running"),
        (_status(_waiting("ContainerCreating"), phase="Pending"), "ContainerCreating"),
        (_status(_waiting("CrashLoopBackOff")), "CrashLoopBackOff"),
        (_status(_ended(0, "Completed"), phase="Succeeded"), "Completed"),
        (_status(_ended(1, "Error"), phase="Failed"), "Error"),
        (_status(_ended(3), phase="Failed"), "ExitCode:3"),
        (_status(_ended(137, signal=9), phase="Failed"), "Signal:9"),
        (_status(_ended(0, "Completed"), _RUNNING), "Running"),
        (_status(_ended(1, "Error"), _RUNNING), "Error"),
        (_status(reason="Evicted", phase="Failed"), "Evicted"),
        (_status(phase=""), "Unknown"),
    ],
)
def test_the_word_is_kubectls(status: v1.PodStatus, word: str) -> None:
    assert summarise(_pod(len(status.container_statuses)), status).status == word


@pytest.mark.parametrize(
    ("init", "word"),
    [
        ((_RUNNING, _waiting("PodInitializing")), "Init:0/2"),
        ((_ended(0), _RUNNING), "Init:1/2"),
        ((_ended(0), _waiting("")), "Init:1/2"),
        ((_ended(1, "Error"), _waiting("PodInitializing")), "Init:Error"),
        ((_ended(2), _waiting("PodInitializing")), "Init:ExitCode:2"),
        ((_waiting("ErrImagePull"), _waiting("PodInitializing")), "Init:ErrImagePull"),
    ],
)
def test_an_init_container_is_told_by_its_number(
    init: tuple[v1.ContainerState, ...], word: str
) -> None:
    status = _status(_waiting("PodInitializing"), init=init, phase="Pending")

    assert summarise(_pod(1, 2), status).status == word


def test_containers_that_are_ready_and_restarts_are_counted() -> None:
    status = _status(_RUNNING, _ended(1, "Error"), restarts=2)

    assert summarise(_pod(2), status) == Summary(1, 2, "Error", 4)


def test_the_last_restart_is_that_of_the_attempt_that_ended_last() -> None:
    ends = ("2026-01-01T00:00:07Z", "2026-01-01T00:00:09Z", "")
    statuses = tuple(
        v1.ContainerStatus(
            restart_count=1,
            last_state=v1.ContainerState(terminated=v1.ContainerStateTerminated(finished_at=end)),
        )
        for end in ends
    )

    found = summarise(_pod(3), v1.PodStatus(phase="Running", container_statuses=statuses))

    assert (found.restarts, found.restarted_ns) == (3, 1767225609 * 10**9)


def test_a_pod_that_is_being_deleted_terminates_until_it_has_ended() -> None:
    assert summarise(_pod(deleted=True), _status(_RUNNING)).status == "Terminating"
    ended = _status(_ended(143, "Error"), phase="Failed")
    assert summarise(_pod(deleted=True), ended).status == "Error"
