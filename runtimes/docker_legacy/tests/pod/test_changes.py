"""The table of kubelet 1.4, row by row, and what its decisions come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod import v1
from runtimes.core.pod.probes import ProbeResult, ProbeResults
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus, SandboxStatus
from runtimes.docker_legacy.pod.changes import (
    INFRA,
    PodContainerChanges,
    compute_pod_container_changes,
    needs_later_rules,
    to_actions,
)
from runtimes.docker_legacy.pod.rules import RULES
from runtimes.kubelet.actions.hash import definition_hash
from runtimes.kubelet.actions.model import KillReason

if TYPE_CHECKING:
    from collections.abc import Mapping

RUNNING, EXITED = ContainerState.RUNNING, ContainerState.EXITED
A, B = (v1.Container(name=name, image="busybox") for name in "ab")
I1, I2 = (v1.Container(name=name, image="busybox") for name in ("i1", "i2"))
SICK = ProbeResults(liveness={"a": ProbeResult.FAILURE})


def pod(
    *containers: v1.Container, init: tuple[v1.Container, ...] = (), policy: str = "Always"
) -> v1.Pod:
    spec = v1.PodSpec(containers=containers, init_containers=init, restart_policy=policy)
    return v1.Pod(metadata=v1.ObjectMeta(name="web", namespace="default", uid="u1"), spec=spec)


def one(name: str, state: ContainerState, code: int = 0, hash_: int = 0) -> ContainerStatus:
    return ContainerStatus(
        id=name, name=name, state=state, exit_code=code, hash=hash_, created_at_ns=1
    )


def infra(*, ready: bool = True, attempt: int = 0, host_network: bool = False) -> SandboxStatus:
    ips = () if host_network else ("10.0.0.2",)
    return SandboxStatus(
        id=f"infra{attempt}", attempt=attempt, ready=ready, created_at_ns=1 + attempt, ips=ips,
        host_network=host_network,
    )  # fmt: skip


def seen(*containers: ContainerStatus, of: tuple[SandboxStatus, ...] = (infra(),)) -> PodStatus:
    return PodStatus(
        uid="u1", name="web", namespace="default", ips=(), containers=containers, sandboxes=of
    )


@dataclass(frozen=True)
class Row:
    """`start` and `keep` are names; the infra container is among the kept ones as ``POD``."""

    pod: v1.Pod
    status: PodStatus
    start: str = ""
    keep: str = ""
    probes: ProbeResults = field(default_factory=ProbeResults)
    facts: Mapping[str, object] = field(default_factory=dict)


NEW = {"start_infra": True}
CHANGED = {"start_infra": True, "infra_changed": True}
FAILED = {"init_failed": True}
DEAD = (infra(ready=False),)
ON_HOST = (infra(host_network=True),)

TABLE = {
    "no infra container": Row(pod(A, B), seen(of=()), start="a b", facts=NEW),
    "it has ended: what runs ends with it, and starts again": Row(
        pod(A, B), seen(one("a", RUNNING), of=DEAD), start="a b", facts=NEW
    ),
    "it has ended, Never: what runs only ends": Row(
        pod(A, policy="Never"), seen(one("a", RUNNING), of=DEAD), facts=NEW
    ),
    "it is on another network": Row(
        pod(A), seen(one("a", RUNNING), of=ON_HOST), start="a", facts=CHANGED
    ),
    "there are two of it": Row(
        pod(A), seen(one("a", RUNNING), of=(infra(attempt=1), infra())), start="a", facts=CHANGED
    ),
    "with a new one, init containers don't count": Row(
        pod(A, init=(I1,)), seen(one("i1", EXITED, 1), of=()), start="a", facts=NEW
    ),
    "an init container runs": Row(
        pod(A, init=(I1,)), seen(one("i1", RUNNING)), start="a", keep="POD i1"
    ),
    "init containers have succeeded": Row(
        pod(A, init=(I1, I2)), seen(one("i2", EXITED), one("i1", EXITED)),
        start="a", keep="POD i1 i2",
    ),
    "an init container has failed: none behind it counts": Row(
        pod(A, init=(I1, I2)), seen(one("i2", EXITED), one("i1", EXITED, 1)),
        start="a", keep="POD i1", facts=FAILED,
    ),
    "beside a failed init container nothing runs on": Row(
        pod(A, init=(I1,)), seen(one("a", RUNNING), one("i1", EXITED, 1)),
        start="a", keep="POD i1", facts=FAILED,
    ),
    "Never: beside a failed init container it only ends": Row(
        pod(A, init=(I1,), policy="Never"), seen(one("a", RUNNING), one("i1", EXITED, 1)),
        facts=FAILED,
    ),
    "it never ran": Row(pod(A, policy="Never"), seen(), start="a", keep="POD"),
    "it runs": Row(pod(A), seen(one("a", RUNNING)), keep="POD a"),
    "it ended, Always": Row(pod(A), seen(one("a", EXITED)), start="a", keep="POD"),
    "it failed, OnFailure": Row(
        pod(A, policy="OnFailure"), seen(one("a", EXITED, 1)), start="a", keep="POD"
    ),
    "all succeeded, OnFailure: the pod ends": Row(
        pod(A, policy="OnFailure"), seen(one("a", EXITED))
    ),
    "all ended, Never: the pod ends": Row(pod(A, policy="Never"), seen(one("a", EXITED, 1))),
    "one ended, Never, another runs": Row(
        pod(A, B, policy="Never"), seen(one("b", RUNNING), one("a", EXITED, 1)), keep="POD b"
    ),
    "nobody knows what became of it": Row(
        pod(A, policy="Never"), seen(one("a", ContainerState.UNKNOWN)), start="a", keep="POD"
    ),
    "another definition is wanted, even with Never": Row(
        pod(A, policy="Never"), seen(one("a", RUNNING, hash_=7)), start="a", keep="POD"
    ),
    "its definition is the wanted one": Row(
        pod(A), seen(one("a", RUNNING, hash_=definition_hash(pod(A), A))), keep="POD a"
    ),
    "it isn't alive": Row(pod(A), seen(one("a", RUNNING)), start="a", keep="POD", probes=SICK),
    "it isn't alive, Never: it only ends": Row(
        pod(A, B, policy="Never"), seen(one("b", RUNNING), one("a", RUNNING)), keep="POD b",
        probes=SICK,
    ),
    "the only one isn't alive, Never: the pod ends": Row(
        pod(A, policy="Never"), seen(one("a", RUNNING)), probes=SICK
    ),
}  # fmt: skip


def names(pod_: v1.Pod, changes: PodContainerChanges) -> tuple[str, str]:
    regular = [one.name for one in pod_.spec.containers]
    init = [one.name for one in pod_.spec.init_containers]
    kept = ["POD" if at == INFRA else regular[at] for at in changes.containers_to_keep.values()]
    kept += [init[at] for at in changes.init_containers_to_keep.values()]
    return " ".join(regular[at] for at in changes.containers_to_start), " ".join(kept)


@pytest.mark.parametrize("name", TABLE)
def test_a_row_of_the_table(name: str) -> None:
    row = TABLE[name]

    changes = compute_pod_container_changes(row.pod, row.status, row.probes)

    assert names(row.pod, changes) == (row.start, row.keep)
    flags = ("start_infra", "infra_changed", "init_failed")
    assert {flag: True for flag in flags if getattr(changes, flag)} == row.facts


def acts(pod_: v1.Pod, status: PodStatus, probes: ProbeResults | None = None) -> dict[str, object]:
    """What is decided, by the rules of 1.4, where it isn't nothing."""
    given = probes or ProbeResults()
    changes = compute_pod_container_changes(pod_, status, given)
    actions = to_actions(pod_, status, changes, given)
    assert actions == RULES["1.4"](pod_, status, given)
    init = actions.next_init_container
    found = {
        "kill_pod": actions.kill_pod,
        "kill": [(kill.id, kill.reason) for kill in actions.containers_to_kill],
        "infra": [actions.attempt] if actions.create_sandbox else [],
        "init": init.name if init else "",
        "start": actions.containers_to_start,
    }
    return {name: value for name, value in found.items() if value}


def test_a_new_pod_starts_its_infra_container_and_then_what_it_has() -> None:
    assert acts(pod(A, B), seen(of=())) == {"kill_pod": True, "infra": [0], "start": (0, 1)}


def test_init_containers_go_one_by_one_and_all_of_them_again_in_a_new_infra_container() -> None:
    wanted = pod(A, init=(I1, I2))
    first, second = one("i1", EXITED), one("i2", EXITED)

    assert acts(wanted, seen(of=())) == {"kill_pod": True, "infra": [0], "init": "i1"}
    assert acts(wanted, seen(one("i1", RUNNING))) == {}
    assert acts(wanted, seen(first)) == {"init": "i2"}
    assert acts(wanted, seen(second, first)) == {"start": (0,)}
    assert acts(wanted, seen(second, first, of=DEAD)) == {
        "kill_pod": True,
        "infra": [1],
        "init": "i1",
    }


def test_a_failed_init_container_is_tried_again_unless_never() -> None:
    failed = seen(one("i1", EXITED, 1))

    assert acts(pod(A, init=(I1,)), failed) == {"init": "i1"}
    assert acts(pod(A, init=(I1,), policy="Never"), failed) == {"kill_pod": True}


def test_what_runs_beside_a_failed_init_container_ends_before_that_is_tried_again() -> None:
    status = seen(one("a", RUNNING), one("i1", EXITED, 1))

    assert acts(pod(A, init=(I1,)), status) == {
        "kill": [("a", KillReason.NOT_WANTED)],
        "init": "i1",
    }


def test_only_what_is_not_kept_is_killed() -> None:
    status = seen(one("b", RUNNING), one("a", RUNNING), one("old", RUNNING))

    assert acts(pod(A, B), status, SICK) == {
        "kill": [("a", KillReason.LIVENESS_PROBE), ("old", KillReason.NOT_WANTED)],
        "start": (0,),
    }


def test_a_pod_that_has_ended_gives_its_infra_container_back_and_gets_no_other() -> None:
    ended = one("a", EXITED)

    assert acts(pod(A, policy="Never"), seen(ended)) == {"kill_pod": True}
    assert acts(pod(A, policy="Never"), seen(ended, of=DEAD)) == {"kill_pod": True}


def test_nothing_is_done_for_a_pod_that_is_as_it_should_be() -> None:
    assert acts(pod(A), seen(one("a", RUNNING))) == {}


@pytest.mark.parametrize(
    "later",
    [
        pod(A, init=(v1.Container(name="i1", restart_policy="Always"),)),
        pod(v1.Container(name="a", startup_probe=v1.Probe())),
    ],
)
def test_what_kubelet_1_4_did_not_know_is_left_to_later_rules(later: v1.Pod) -> None:
    assert needs_later_rules(later)
    assert not needs_later_rules(pod(A, init=(I1,)))
    assert RULES["1.4"](later, seen(of=()), ProbeResults()) == RULES["1.22"](
        later, seen(of=()), ProbeResults()
    )
