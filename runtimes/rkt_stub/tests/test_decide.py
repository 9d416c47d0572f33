"""What a pod needs next, where only the whole of it can change."""

from __future__ import annotations

from dataclasses import replace as evolve

import pytest
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.core.pod.probes import NO_PROBES, ProbeResult, ProbeResults
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus, SandboxStatus
from runtimes.kubelet.actions.hash import definition_hash
from runtimes.kubelet.manifest.load import load, pods
from runtimes.rkt_stub.pod.asked import asked_hash
from runtimes.rkt_stub.pod.decide import NOTHING, PodChange, decide

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: p, uid: u}}
spec:
  restartPolicy: {policy}
{init}
  volumes: [{{name: v, emptyDir: {{}}}}]
  containers:
    - {{name: a, image: i, volumeMounts: [{{name: v, mountPath: /v}}]}}
    - {{name: b, image: i}}
"""
INIT = "  initContainers: [{name: one, image: i}, {name: two, image: i}]"
RUNNING, EXITED = ContainerState.RUNNING, ContainerState.EXITED


def pod_of(policy: str = "Always", init: str = "") -> v1.Pod:
    (pod,) = pods(load(POD.format(policy=policy, init=init), name="pod.yaml"))
    return pod


def ended(name: str, code: int, uuid: str = "u0") -> ContainerStatus:
    return ContainerStatus(id=f"{uuid}:{name}", name=name, state=EXITED, exit_code=code)


def runs(name: str, uuid: str = "u0", hash: int = 0) -> ContainerStatus:
    return ContainerStatus(id=f"{uuid}:{name}", name=name, state=RUNNING, hash=hash)


def status(*containers: ContainerStatus) -> PodStatus:
    """The newest first; an rkt pod runs while one of its containers does."""
    uuids = dict.fromkeys(one.id.partition(":")[0] for one in containers)
    running = {one.id.partition(":")[0] for one in containers if one.state is RUNNING}
    sandboxes = tuple(
        SandboxStatus(id=uuid, attempt=9 - at, ready=uuid in running, created_at_ns=1)
        for at, uuid in enumerate(uuids)
    )
    return PodStatus(
        uid="u", name="p", namespace="default", containers=containers, sandboxes=sandboxes
    )


def names(change: PodChange) -> list[str]:
    return [one.name for one in change.run]


def test_a_new_pod_runs_all_its_containers_at_once() -> None:
    change = decide(pod_of(), status(), NO_PROBES)

    assert (names(change), change.kill) == (["a", "b"], False)


def test_a_pod_that_runs_needs_nothing() -> None:
    assert decide(pod_of(), status(runs("a"), runs("b")), NO_PROBES) == NOTHING


@pytest.mark.parametrize("policy", ["Always", "Never"])
@pytest.mark.parametrize(
    "wish",
    [
        {"host_network": True},
        {"host_aliases": (v1.HostAlias(ip="192.0.2.9", hostnames=("db",)),)},
    ],
    ids=["network", "alias"],
)
def test_a_pod_that_asks_for_other_names_or_a_network_is_replaced(
    policy: str, wish: dict[str, object]
) -> None:
    before = pod_of(policy)
    after = replace(before, spec=replace(before.spec, **wish))
    running = status(runs("a"), runs("b"))
    made = tuple(evolve(one, hash=asked_hash(before)) for one in running.sandboxes)
    found = evolve(running, sandboxes=made)

    change = decide(after, found, NO_PROBES)

    assert decide(before, found, NO_PROBES) == NOTHING
    assert (names(change), change.kill) == (["a", "b"], True)
    assert "names" in change.why


def test_a_container_that_ends_and_always_restarts_takes_its_pod_along() -> None:
    change = decide(pod_of(), status(ended("a", 0), runs("b")), NO_PROBES)

    assert (names(change), change.kill) == (["a", "b"], True)


def test_what_succeeded_on_its_own_does_not_run_again() -> None:
    found = status(ended("a", 0), runs("b"))

    assert decide(pod_of("OnFailure"), found, NO_PROBES) == NOTHING


def test_a_success_of_the_moment_in_which_a_sibling_failed_is_not_believed() -> None:
    change = decide(pod_of("OnFailure"), status(ended("a", 0), ended("b", 1)), NO_PROBES)

    assert (names(change), change.kill) == (["a", "b"], False)


def test_a_success_of_an_earlier_rkt_pod_is_believed() -> None:
    found = status(ended("b", 1, "u1"), ended("a", 0, "u0"))

    assert names(decide(pod_of("OnFailure"), found, NO_PROBES)) == ["b"]


def test_nothing_runs_again_when_it_never_may() -> None:
    found = status(ended("a", 0), ended("b", 1))

    assert names(decide(pod_of("Never"), found, NO_PROBES)) == []


def test_init_containers_run_alone_and_one_after_the_other() -> None:
    pod = pod_of("Never", INIT)

    assert names(decide(pod, status(), NO_PROBES)) == ["one"]
    assert decide(pod, status(runs("one")), NO_PROBES) == NOTHING
    assert names(decide(pod, status(ended("one", 0)), NO_PROBES)) == ["two"]
    done = status(ended("two", 0, "u1"), ended("one", 0))
    assert names(decide(pod, done, NO_PROBES)) == ["a", "b"]


def test_an_init_container_that_fails_runs_again_unless_it_never_may() -> None:
    found = status(ended("one", 1))

    assert names(decide(pod_of("OnFailure", INIT), found, NO_PROBES)) == ["one"]
    assert decide(pod_of("Never", INIT), found, NO_PROBES).run == ()


@pytest.mark.parametrize("policy", ["Always", "Never"])
def test_a_changed_container_replaces_the_whole_pod(policy: str) -> None:
    change = decide(pod_of(policy), status(runs("a", hash=1), runs("b")), NO_PROBES)

    assert (names(change), change.kill) == (["a", "b"], True)
    assert "definition changed" in change.why


def test_a_changed_container_is_seen_behind_a_failed_probe() -> None:
    probes = ProbeResults(liveness={"u0:a": ProbeResult.FAILURE})

    change = decide(pod_of("Never"), status(runs("a"), runs("b", hash=1)), probes)

    assert (names(change), change.kill) == (["a", "b"], True)


def test_an_unchanged_hash_with_a_mounted_volume_changes_nothing() -> None:
    pod = pod_of()
    found = status(runs("a", hash=definition_hash(pod, pod.spec.containers[0])), runs("b"))

    assert decide(pod, found, NO_PROBES) == NOTHING


@pytest.mark.parametrize(("policy", "again"), [("Always", ["a", "b"]), ("Never", [])])
def test_a_failed_liveness_probe_ends_the_whole_pod(policy: str, again: list[str]) -> None:
    probes = ProbeResults(liveness={"u0:a": ProbeResult.FAILURE})

    change = decide(pod_of(policy), status(runs("a"), runs("b")), probes)

    assert (names(change), change.kill) == (again, True)


def test_a_pod_that_is_being_deleted_is_killed() -> None:
    pod = pod_of()
    deleted = replace(
        pod, metadata=replace(pod.metadata, deletion_timestamp="2026-01-01T00:00:00Z")
    )

    assert decide(deleted, status(runs("a")), NO_PROBES).kill
    assert not decide(deleted, status(ended("a", 0)), NO_PROBES).kill
