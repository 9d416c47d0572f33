"""The decision table, row by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod import v1
from runtimes.core.pod.probes import ProbeResult, ProbeResults
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.actions.model import (
    ContainerKill,
    KillReason,
    PodActions,
)
from runtimes.kubelet.actions.restart import should_restart
from runtimes.kubelet.tests.builders import (
    CREATED,
    EXITED,
    RUNNING,
    UNKNOWN,
    attempt,
    container,
    observed,
    pod,
    sandbox,
    with_meta,
)

if TYPE_CHECKING:
    from runtimes.core.pod.status import PodStatus

A, B = container("a"), container("b")
I1, I2 = container("i1"), container("i2")
DEAD = (sandbox(ready=False),)
USED: dict[str, object] = {"sandbox_id": "sandbox-0"}


@dataclass(frozen=True)
class Row:
    """One row of the table; `wants` are the fields that differ from doing nothing."""

    pod: v1.Pod
    status: PodStatus
    wants: dict[str, object] = field(default_factory=dict)


NEW: dict[str, object] = {"kill_pod": True, "create_sandbox": True}
REPLACED = {**NEW, "sandbox_id": "sandbox-0", "attempt": 1}
ONLY_KILL: dict[str, object] = {"kill_pod": True, "sandbox_id": "sandbox-0", "attempt": 1}

NO_SANDBOX = {
    "a new pod starts all its containers": Row(
        pod(A, B), observed(sandboxes=()), {**NEW, "containers_to_start": (0, 1)}
    ),
    "a new pod starts its first init container": Row(
        pod(A, init=(I1, I2)), observed(sandboxes=()), {**NEW, "next_init_container": I1}
    ),
    "a dead sandbox is replaced and everything starts again": Row(
        pod(A, B),
        observed(attempt(A, EXITED), attempt(B, EXITED, 0, 1), sandboxes=DEAD),
        {**REPLACED, "containers_to_start": (0, 1)},
    ),
    "a dead sandbox makes init containers run again": Row(
        pod(A, init=(I1, I2)),
        observed(attempt(A, EXITED), attempt(I2, EXITED), attempt(I1, EXITED), sandboxes=DEAD),
        {**REPLACED, "next_init_container": I1},
    ),
    "Never: a dead sandbox is not replaced once containers ran": Row(
        pod(A, policy="Never"),
        observed(attempt(A, EXITED), sandboxes=DEAD),
        ONLY_KILL,
    ),
    "Never: a sandbox that died before any container is replaced": Row(
        pod(A, policy="Never"),
        observed(sandboxes=DEAD),
        {**REPLACED, "containers_to_start": (0,)},
    ),
    "Never: one that was only created when its sandbox died starts in another": Row(
        pod(A, policy="Never"),
        observed(attempt(A, CREATED), sandboxes=DEAD),
        {**REPLACED, "containers_to_start": (0,)},
    ),
    "Never: beside one that ran, one that never did starts in another sandbox": Row(
        pod(A, B, policy="Never"),
        observed(attempt(A, EXITED, 0, 1), sandboxes=DEAD),
        {**REPLACED, "containers_to_start": (1,)},
    ),
    "Never: what succeeded before any regular container could run begins again": Row(
        pod(A, init=(I1,), policy="Never"),
        observed(attempt(I1, EXITED), sandboxes=DEAD),
        {**REPLACED, "next_init_container": I1},
    ),
    "Never: an init container that died with its sandbox ends the pod": Row(
        pod(A, init=(I1,), policy="Never"),
        observed(attempt(I1, RUNNING), sandboxes=DEAD),
        ONLY_KILL,
    ),
    "OnFailure: what succeeded doesn't start again": Row(
        pod(A, B, policy="OnFailure"),
        observed(attempt(A, EXITED), attempt(B, EXITED, 0, 1), sandboxes=DEAD),
        {**REPLACED, "containers_to_start": (1,)},
    ),
    "OnFailure: all succeeded, no new sandbox": Row(
        pod(A, policy="OnFailure"),
        observed(attempt(A, EXITED), sandboxes=DEAD),
        ONLY_KILL,
    ),
    "OnFailure: a container that never started hasn't succeeded": Row(
        pod(A, policy="OnFailure"),
        observed(attempt(A, CREATED), sandboxes=DEAD),
        {**REPLACED, "containers_to_start": (0,)},
    ),
    "two ready sandboxes are both replaced": Row(
        pod(A),
        observed(attempt(A, RUNNING), sandboxes=(sandbox(1), sandbox(0))),
        {**NEW, "sandbox_id": "sandbox-1", "attempt": 2, "containers_to_start": (0,)},
    ),
}

INIT = {
    "the first init container runs first": Row(
        pod(A, init=(I1, I2)), observed(), {**USED, "next_init_container": I1}
    ),
    "a running init container is waited for": Row(
        pod(A, init=(I1, I2)), observed(attempt(I1, RUNNING)), USED
    ),
    "the next follows a success": Row(
        pod(A, init=(I1, I2)), observed(attempt(I1, EXITED)), {**USED, "next_init_container": I2}
    ),
    "after the last success the regular containers start": Row(
        pod(A, B, init=(I1, I2)),
        observed(attempt(I2, EXITED), attempt(I1, EXITED)),
        {**USED, "containers_to_start": (0, 1)},
    ),
    "a failed one is tried again": Row(
        pod(A, init=(I1, I2)),
        observed(attempt(I1, EXITED, 0, 1)),
        {**USED, "next_init_container": I1},
    ),
    "OnFailure: a failed one is tried again": Row(
        pod(A, init=(I1,), policy="OnFailure"),
        observed(attempt(I1, EXITED, 0, 1)),
        {**USED, "next_init_container": I1},
    ),
    "Never: a failed one ends the pod": Row(
        pod(A, init=(I1,), policy="Never"),
        observed(attempt(I1, EXITED, 0, 1)),
        {**USED, "kill_pod": True},
    ),
    "an unknown one is killed before it runs again": Row(
        pod(A, init=(I1,)),
        observed(attempt(I1, UNKNOWN)),
        {
            **USED,
            "next_init_container": I1,
            "containers_to_kill": (
                ContainerKill(
                    "i1-0",
                    "i1",
                    I1,
                    "Container i1 is in unknown state, try killing it before it is started",
                    KillReason.UNKNOWN,
                ),
            ),
        },
    ),
    "a created one is made anew": Row(
        pod(A, init=(I1,)), observed(attempt(I1, CREATED)), {**USED, "next_init_container": I1}
    ),
    "init containers are past once a regular one runs": Row(
        pod(A, B, init=(I1,)),
        observed(attempt(A, RUNNING)),
        {**USED, "containers_to_start": (1,)},
    ),
}

REGULAR = {
    "all run: nothing to do": Row(
        pod(A, B), observed(attempt(A, RUNNING), attempt(B, RUNNING)), USED
    ),
    "Always: an ended one starts again": Row(
        pod(A, B),
        observed(attempt(A, RUNNING), attempt(B, EXITED)),
        {**USED, "containers_to_start": (1,)},
    ),
    "OnFailure: a failed one starts again": Row(
        pod(A, B, policy="OnFailure"),
        observed(attempt(A, EXITED), attempt(B, EXITED, 0, 2)),
        {**USED, "containers_to_start": (1,)},
    ),
    "OnFailure: all succeeded, the pod is killed": Row(
        pod(A, policy="OnFailure"), observed(attempt(A, EXITED)), {**USED, "kill_pod": True}
    ),
    "Never: an ended one stays, the other goes on": Row(
        pod(A, B, policy="Never"), observed(attempt(A, RUNNING), attempt(B, EXITED, 0, 1)), USED
    ),
    "Never: all ended, the pod is killed": Row(
        pod(A, policy="Never"), observed(attempt(A, EXITED, 0, 1)), {**USED, "kill_pod": True}
    ),
    "Never: one that never ran starts": Row(
        pod(A, B, policy="Never"),
        observed(attempt(A, RUNNING)),
        {**USED, "containers_to_start": (1,)},
    ),
    "a created one starts, whatever the policy": Row(
        pod(A, policy="Never"),
        observed(attempt(A, CREATED)),
        {**USED, "containers_to_start": (0,)},
    ),
    "an unknown one is killed and starts, whatever the policy": Row(
        pod(A, policy="Never"),
        observed(attempt(A, UNKNOWN)),
        {
            **USED,
            "containers_to_start": (0,),
            "containers_to_kill": (
                ContainerKill(
                    "a-0",
                    "a",
                    A,
                    "Container a is in unknown state, try killing it before it is started",
                    KillReason.UNKNOWN,
                ),
            ),
        },
    ),
    "a changed definition restarts, even with Never": Row(
        pod(container("a", image="other"), policy="Never"),
        observed(attempt(A, RUNNING)),
        {
            **USED,
            "containers_to_start": (0,),
            "containers_to_kill": (
                ContainerKill(
                    "a-0",
                    "a",
                    container("a", image="other"),
                    "Container a definition changed, will be restarted",
                    KillReason.DEFINITION_CHANGED,
                ),
            ),
        },
    ),
    "a container whose hash is lost is left alone": Row(
        pod(A), observed(attempt(A, RUNNING, hash=0)), USED
    ),
    "only the newest attempt counts": Row(
        pod(A), observed(attempt(A, RUNNING, 1), attempt(A, EXITED, 0, 1)), USED
    ),
}


@pytest.mark.parametrize(
    "row",
    [*NO_SANDBOX.values(), *INIT.values(), *REGULAR.values()],
    ids=[*NO_SANDBOX, *INIT, *REGULAR],
)
def test_the_decision_follows_the_table(row: Row) -> None:
    actions = compute_pod_actions(row.pod, row.status)

    assert actions == PodActions(**row.wants)  # type: ignore[arg-type]  # rows name fields


@pytest.mark.parametrize("kind", ["liveness", "startup"])
def test_a_failed_probe_restarts_the_container(kind: str) -> None:
    probes = ProbeResults(**{kind: {"a-0": ProbeResult.FAILURE}})

    actions = compute_pod_actions(
        pod(A, B), observed(attempt(A, RUNNING), attempt(B, RUNNING)), probes
    )

    assert actions.containers_to_start == (0,)
    assert [kill.message for kill in actions.containers_to_kill] == [
        f"Container a failed {kind} probe, will be restarted"
    ]


def test_a_failed_probe_with_never_kills_without_restart() -> None:
    probes = ProbeResults(liveness={"a-0": ProbeResult.FAILURE})
    running = observed(attempt(A, RUNNING), attempt(B, RUNNING))

    actions = compute_pod_actions(pod(A, B, policy="Never"), running, probes)

    assert not actions.kill_pod
    assert actions.containers_to_start == ()
    assert [kill.id for kill in actions.containers_to_kill] == ["a-0"]


def test_a_failed_probe_of_the_only_container_with_never_kills_the_pod() -> None:
    probes = ProbeResults(liveness={"a-0": ProbeResult.FAILURE})

    actions = compute_pod_actions(pod(A, policy="Never"), observed(attempt(A, RUNNING)), probes)

    assert actions.kill_pod
    assert not actions.create_sandbox


def test_an_ephemeral_container_starts_once_only() -> None:
    asked = pod(A, ephemeral_containers=(v1.EphemeralContainer(name="debug"),))

    first = compute_pod_actions(asked, observed(attempt(A, RUNNING)))
    later = compute_pod_actions(asked, observed(attempt("debug", EXITED), attempt(A, RUNNING)))

    assert first.ephemeral_containers_to_start == (0,)
    assert later.nothing


@pytest.mark.parametrize("sandboxes", [(sandbox(),), DEAD, ()], ids=["ready", "dead", "none"])
def test_a_pod_being_deleted_is_killed_and_nothing_starts(
    sandboxes: tuple[object, ...],
) -> None:
    deleted = with_meta(pod(A, init=(I1,)), deletion_timestamp="2026-01-01T00:00:00Z")

    actions = compute_pod_actions(deleted, observed(attempt(A, EXITED), sandboxes=sandboxes))  # type: ignore[arg-type]  # of sandboxes

    assert actions.kill_pod
    assert not actions.starts
    assert not actions.create_sandbox


RESTARTS = [
    ("Always", None, True),
    ("Always", (RUNNING, 0), False),
    ("Always", (EXITED, 0), True),
    ("OnFailure", (EXITED, 0), False),
    ("OnFailure", (EXITED, 1), True),
    ("Never", (EXITED, 1), False),
    ("Never", None, True),
    ("Never", (CREATED, 0), True),
    ("Never", (UNKNOWN, 0), True),
    ("", (EXITED, 0), True),
]


@pytest.mark.parametrize(("policy", "latest", "expected"), RESTARTS)
def test_restart_follows_policy_and_state(
    policy: str, latest: tuple[object, int] | None, expected: bool
) -> None:
    attempts = () if latest is None else (attempt(A, latest[0], 0, latest[1]),)  # type: ignore[arg-type]  # a state

    assert should_restart(pod(A, policy=policy), "a", observed(*attempts)) is expected
