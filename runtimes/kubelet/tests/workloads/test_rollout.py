"""How far a Deployment's rollout may go, case by case."""

from __future__ import annotations

import pytest

from runtimes.core.pod.workloads import (
    Deployment,
    DeploymentSpec,
    DeploymentStrategy,
    RollingUpdateDeployment,
)
from runtimes.kubelet.workloads.model import Known
from runtimes.kubelet.workloads.rollout import Rollout, max_unavailable, roll_out

READY, AWAY = Known(phase="Running", ready_since=100.0), Known(phase="Running")


def deployment(
    replicas: int = 4, unavailable: int | str | None = None, kind: str = "", settled: int = 0
) -> Deployment:
    rolling = RollingUpdateDeployment(max_unavailable=unavailable)
    strategy = DeploymentStrategy(type=kind, rolling_update=rolling)
    return Deployment(
        spec=DeploymentSpec(replicas=replicas, strategy=strategy, min_ready_seconds=settled)
    )


def pods(*known: Known | None) -> dict[str, Known | None]:
    return {f"web-{number}": one for number, one in enumerate(known)}


@pytest.mark.parametrize(
    ("replicas", "given", "number"),
    [(4, None, 1), (8, None, 2), (1, "25%", 1), (10, "35%", 3), (10, 4, 4), (10, "2", 2)],
)
def test_a_share_of_the_pods_may_be_away_and_one_in_any_case(
    replicas: int, given: int | str | None, number: int
) -> None:
    assert max_unavailable(deployment(replicas, given)) == number


@pytest.mark.parametrize(
    ("outdated", "known", "waiting"),
    [
        ({"web-0", "web-1", "web-2"}, pods(READY, READY, READY), {"web-1", "web-2"}),
        ({"web-1", "web-2"}, pods(AWAY, READY, READY), {"web-1", "web-2"}),
        ({"web-1", "web-2"}, pods(READY, READY, READY), {"web-2"}),
        ({"web-0", "web-1"}, pods(AWAY, READY, READY), set()),
        ({"web-0", "web-1"}, pods(AWAY, READY, AWAY), {"web-1"}),
        ({"web-0", "web-1"}, pods(READY, None), {"web-0", "web-1"}),
        (set(), pods(AWAY, None), set()),
    ],
    ids=[
        "one at a time",
        "the changed one is not ready yet",
        "the changed one is ready",
        "a broken one costs nothing",
        "a broken one goes on though another is away",
        "nobody knows yet",
        "all are up to date",
    ],
)
def test_healthy_pods_wait_for_changed_ones(
    outdated: set[str], known: dict[str, Known | None], waiting: set[str]
) -> None:
    assert roll_out(deployment(3), outdated, known, 200.0).waiting == waiting


def test_a_pod_is_available_once_it_has_been_ready_for_a_while() -> None:
    known = pods(READY, READY)

    early = roll_out(deployment(2, settled=30), {"web-1"}, known, 110.0)
    late = roll_out(deployment(2, settled=30), {"web-1"}, known, 130.0)

    assert early == Rollout(waiting=frozenset({"web-1"}), check_after=20.0)
    assert late == Rollout()


def test_recreate_ends_all_that_is_outdated() -> None:
    rollout = roll_out(deployment(3, kind="Recreate"), {"web-0", "web-2"}, pods(READY, READY), 0.0)

    assert rollout == Rollout(ending=frozenset({"web-0", "web-2"}))
