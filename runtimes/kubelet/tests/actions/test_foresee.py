"""What applying a pod would do to each of its containers."""

from __future__ import annotations

from msgspec.structs import replace

from runtimes.kubelet.actions.foresee import foresee
from runtimes.kubelet.tests.builders import (
    EXITED,
    RUNNING,
    attempt,
    container,
    observed,
    pod,
    sandbox,
    with_meta,
)

APP, SIDE = container("app"), container("side")
BEFORE = pod(APP, SIDE)
STATUS = observed(attempt(APP, RUNNING), attempt(SIDE, RUNNING))


def test_of_a_new_pod_everything_starts() -> None:
    found = foresee(pod(APP, init=(SIDE,)), None, observed(sandboxes=()))

    assert (found.word, found.containers) == (
        "created",
        (("side", "starts"), ("app", "starts")),
    )


def test_only_the_container_that_changed_restarts() -> None:
    found = foresee(pod(APP, container("side", image="other")), BEFORE, STATUS)

    assert found.word == "configured"
    assert found.containers == (("app", "runs on"), ("side", "restarts: its definition changed"))


def test_what_has_ended_starts_again_as_its_policy_says() -> None:
    ended = observed(attempt(APP, RUNNING), attempt(SIDE, EXITED))
    never = pod(APP, SIDE, policy="Never")

    assert foresee(BEFORE, BEFORE, ended).containers[1] == ("side", "starts again")
    assert foresee(never, never, ended).containers[1] == ("side", "has ended and stays so")


def test_another_network_makes_all_of_the_pod_anew() -> None:
    found = foresee(pod(APP, SIDE, host_network=True, hostname="other"), BEFORE, STATUS)

    assert {fate for _, fate in found.containers} == {"restarts: the pod gets a new sandbox"}
    assert found.sandbox == ("spec.hostNetwork", "spec.hostname")


def test_a_lost_sandbox_starts_everything() -> None:
    lost = observed(attempt(APP, EXITED), sandboxes=(sandbox(ready=False),))

    assert {fate for _, fate in foresee(BEFORE, BEFORE, lost).containers} == {"starts"}


def test_a_container_that_the_pod_no_longer_has_stops() -> None:
    assert foresee(pod(APP), BEFORE, STATUS).containers == (
        ("app", "runs on"),
        ("side", "stops: the pod no longer has it"),
    )


def test_a_pod_that_has_ended_stays_so() -> None:
    over = observed(attempt(APP, EXITED), attempt(SIDE, EXITED), sandboxes=())
    found = foresee(pod(container("app", image="other"), SIDE), BEFORE, over, ended=True)

    assert {fate for _, fate in found.containers} == {"has ended and stays so"}


def test_containers_for_debugging_are_nobodys_wish() -> None:
    debugged = replace(BEFORE, spec=replace(BEFORE.spec, ephemeral_containers=(SIDE,)))

    assert foresee(BEFORE, debugged, STATUS).word == "unchanged"


def test_other_labels_are_a_change_and_our_own_notes_are_none() -> None:
    kept = with_meta(BEFORE, annotations={"runtimes.kubelet/manifest": "/etc/pods/web.yaml"})
    labelled = with_meta(BEFORE, labels={"tier": "front"})

    assert foresee(BEFORE, kept, STATUS).word == "unchanged"
    found = foresee(labelled, kept, STATUS)
    assert (found.word, {fate for _, fate in found.containers}) == ("configured", {"runs on"})
