"""Sidecars: when they start, when they start again, and what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod.probes import NO_PROBES, ProbeResult, ProbeResults
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.actions.model import KillReason, PodActions
from runtimes.kubelet.tests.builders import (
    CREATED,
    EXITED,
    RUNNING,
    UNKNOWN,
    attempt,
    container,
    observed,
    pod,
)

if TYPE_CHECKING:
    from runtimes.core.pod.status import ContainerStatus

A = container("a")
I1 = container("i1")
S1, S2 = (container(name, restart_policy="Always") for name in ("s1", "s2"))


def decide(
    *attempts: ContainerStatus, policy: str = "Always", probes: ProbeResults = NO_PROBES
) -> PodActions:
    """Of a pod s1, i1, s2, a."""
    asked = pod(A, init=(S1, I1, S2), policy=policy)
    return compute_pod_actions(asked, observed(*attempts), probes)


def started(actions: PodActions) -> list[str]:
    first = [one.name for one in actions.sidecars_to_start]
    init = actions.next_init_container
    rest = ["a"] if actions.containers_to_start else []
    return [*first, *([init.name] if init else []), *rest]


RUN = {name.name: attempt(name, RUNNING) for name in (S1, I1, S2, A)}
END = {name.name: attempt(name, EXITED) for name in (S1, I1, S2, A)}


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([], ["s1"]),
        ([attempt(S1, CREATED)], ["s1"]),
        ([RUN["s1"]], ["i1"]),
        ([RUN["i1"], RUN["s1"]], []),
        ([END["i1"], RUN["s1"]], ["s2"]),
        ([RUN["s2"], END["i1"], RUN["s1"]], ["a"]),
        ([RUN["a"], RUN["s2"], END["i1"], RUN["s1"]], []),
        # one that has ended starts again, at every stage, and what comes next waits for the last
        ([END["s1"]], ["s1"]),
        ([RUN["i1"], END["s1"]], ["s1"]),
        ([END["i1"], END["s1"]], ["s1", "s2"]),
        ([END["s2"], END["i1"], RUN["s1"]], ["s2"]),
        ([RUN["a"], END["s2"], END["i1"], RUN["s1"]], ["s2"]),
        ([RUN["a"], RUN["s2"], END["i1"]], ["s1"]),
        ([RUN["a"], attempt(S2, UNKNOWN), END["i1"], RUN["s1"]], ["s2"]),
        # a plain one that failed comes again, with the sidecars before it
        ([attempt(I1, EXITED, exit_code=1), END["s1"]], ["s1", "i1"]),
    ],
)
def test_init_containers_start_in_order_and_sidecars_stay(
    attempts: list[ContainerStatus], expected: list[str]
) -> None:
    assert started(decide(*attempts)) == expected


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
def test_a_sidecar_starts_again_whatever_the_pods_policy(policy: str) -> None:
    actions = decide(RUN["a"], END["s2"], END["i1"], RUN["s1"], policy=policy)

    assert started(actions) == ["s2"]


@pytest.mark.parametrize("policy", ["Never", "OnFailure"])
def test_a_pod_ends_with_its_regular_containers(policy: str) -> None:
    actions = decide(END["a"], RUN["s2"], END["i1"], END["s1"], policy=policy)

    assert actions.kill_pod
    assert not actions.starts


def test_a_finished_pod_whose_sandbox_is_gone_gets_no_other() -> None:
    asked = pod(A, init=(S1,), policy="OnFailure")

    actions = compute_pod_actions(asked, observed(END["a"], END["s1"], sandboxes=()))

    assert not actions.create_sandbox


def test_the_next_one_waits_until_a_sidecar_has_started() -> None:
    waits = ProbeResults(startup={"s1-0": ProbeResult.UNKNOWN})
    done = ProbeResults(startup={"s1-0": ProbeResult.SUCCESS})

    assert started(decide(RUN["s1"], probes=waits)) == []
    assert started(decide(RUN["s1"], probes=done)) == ["i1"]


@pytest.mark.parametrize(
    ("probes", "reason"),
    [
        (ProbeResults(liveness={"s1-0": ProbeResult.FAILURE}), KillReason.LIVENESS_PROBE),
        (ProbeResults(startup={"s1-0": ProbeResult.FAILURE}), KillReason.STARTUP_PROBE),
    ],
)
def test_a_sidecar_that_fails_its_probe_is_restarted(
    probes: ProbeResults, reason: KillReason
) -> None:
    actions = decide(RUN["a"], RUN["s2"], END["i1"], RUN["s1"], policy="Never", probes=probes)

    (kill,) = actions.containers_to_kill
    assert (kill.id, kill.reason) == ("s1-0", reason)
    assert kill.message.startswith("Init container s1 failed ")
    assert started(actions) == ["s1"]


def test_a_sidecar_that_changed_is_restarted_alone() -> None:
    old = attempt(S1, RUNNING, hash=0xBAD)

    actions = decide(RUN["a"], RUN["s2"], END["i1"], old)

    assert [kill.name for kill in actions.containers_to_kill] == ["s1"]
    assert started(actions) == ["s1"]
