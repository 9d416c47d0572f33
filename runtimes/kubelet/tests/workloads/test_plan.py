"""Which pods a Deployment and a Job want, from what became of theirs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core.pod import v1
from runtimes.core.pod.workloads import (
    Deployment,
    DeploymentSpec,
    Job,
    JobSpec,
    PodTemplateSpec,
)
from runtimes.kubelet.tests.builders import container, pod
from runtimes.kubelet.workloads.model import JobPace, Known, Outcome, Plan
from runtimes.kubelet.workloads.plan import plan
from runtimes.kubelet.workloads.template import OWNER, owner

META = v1.ObjectMeta(name="web", namespace="shop")
ACTIVE, DONE, BROKEN = Known(phase="Running"), Known(phase="Succeeded"), Known(phase="Failed")


def template(policy: str = "Never") -> PodTemplateSpec:
    meta = v1.ObjectMeta(labels={"app": "web"}, annotations={"note": "x"})
    return PodTemplateSpec(metadata=meta, spec=pod(container(), policy=policy).spec)


def deployment(replicas: int | None) -> Deployment:
    return Deployment(
        metadata=META, spec=DeploymentSpec(replicas=replicas, template=template("Always"))
    )


def job(policy: str = "Never", **spec: int) -> Job:
    return Job(metadata=META, spec=JobSpec(template=template(policy), **spec))  # type: ignore[arg-type]  # numbers only


def known(*states: Known) -> dict[str, Known]:
    return {f"web-{number}": state for number, state in enumerate(states)}


def names(of: Plan) -> list[str]:
    return [pod.metadata.name for pod in of.pods]


def test_a_pod_wants_itself() -> None:
    alone = pod()

    assert plan(alone).pods == (alone,)


def test_a_replica_has_the_templates_labels_and_names_its_deployment() -> None:
    (made,) = plan(deployment(None)).pods

    assert (made.metadata.name, made.metadata.namespace) == ("web-0", "shop")
    assert made.metadata.labels == {"app": "web"}
    assert made.metadata.annotations == {"note": "x", OWNER: "Deployment/shop/web"}
    assert owner(deployment(1)) == "Deployment/shop/web"


def test_fewer_replicas_leave_the_highest_names_over() -> None:
    scaled = plan(deployment(1), known(ACTIVE, ACTIVE, ACTIVE))

    assert names(scaled) == ["web-0"]
    assert scaled.surplus == ("web-1", "web-2")


def test_no_replicas_leave_nothing() -> None:
    assert plan(deployment(0), known(ACTIVE)) == Plan(surplus=("web-0",))


@pytest.mark.parametrize(
    ("spec", "states", "wanted", "ended"),
    [
        ({}, (), 1, (None, "")),
        ({}, (ACTIVE,), 1, (None, "")),
        ({}, (DONE,), 1, (Outcome.COMPLETE, "")),
        ({}, (BROKEN,), 2, (None, "")),
        ({"backoff_limit": 0}, (BROKEN,), 1, (Outcome.FAILED, "BackoffLimitExceeded")),
        ({"backoff_limit": 1}, (BROKEN, BROKEN), 2, (Outcome.FAILED, "BackoffLimitExceeded")),
        ({"completions": 3}, (DONE,), 2, (None, "")),
        ({"completions": 3, "parallelism": 2}, (), 2, (None, "")),
        ({"completions": 3, "parallelism": 2}, (DONE, DONE), 3, (None, "")),
        ({"completions": 3, "parallelism": 2}, (DONE, BROKEN, ACTIVE), 4, (None, "")),
        ({"parallelism": 2}, (), 2, (None, "")),
        ({"parallelism": 2}, (DONE, ACTIVE), 2, (None, "")),
        ({"parallelism": 2}, (DONE, BROKEN), 2, (Outcome.COMPLETE, "")),
        ({"parallelism": 2}, (BROKEN, ACTIVE), 3, (None, "")),
        ({"completions": 0}, (), 0, (Outcome.COMPLETE, "")),
        ({"completions": 2, "parallelism": 0}, (), 0, (None, "")),
    ],
)
def test_a_job_goes_on_until_enough_has_succeeded_or_too_much_failed(
    spec: dict[str, int], states: tuple[Known, ...], wanted: int, ended: tuple[object, str]
) -> None:
    made = plan(job("Never", **spec), known(*states))

    assert (len(made.pods), (made.outcome, made.reason)) == (wanted, ended)


def test_restarts_in_place_count_as_attempts() -> None:
    restarted = Known(phase="Running", restarts=3)

    assert plan(job("OnFailure", backoff_limit=3), known(restarted)).outcome is None
    over = plan(job("OnFailure", backoff_limit=2), known(restarted))
    assert (over.outcome, over.surplus) == (Outcome.FAILED, ("web-0",))
    assert plan(job("Never", backoff_limit=2), known(restarted)).outcome is None


def test_each_failure_since_the_last_success_doubles_the_wait() -> None:
    failed = [Known(phase="Failed", finished_at=float(second)) for second in (100, 200, 300)]
    done = Known(phase="Succeeded", finished_at=250.0)
    pace = JobPace(first_delay=10.0)

    def wait(*states: Known, now: float = 300.0) -> tuple[int, float | None]:
        made = plan(job(completions=9, backoff_limit=99), known(*states), now, pace)
        return len(made.pods) - len(states), made.check_after

    assert wait(*failed) == (0, 40.0)
    assert wait(*failed, now=340.0) == (1, None)
    assert wait(*failed, done) == (0, 10.0)
    assert wait(*failed[:2], done) == (1, None)
    assert wait(*failed * 4) == (0, 360.0)


def test_a_job_that_takes_too_long_fails_and_its_active_pods_go() -> None:
    late = job(active_deadline_seconds=10)
    running = known(Known(phase="Running", created_at=100.0))

    assert plan(late, now=100.0).check_after == 10
    assert plan(late, running, now=104.0).check_after == 6.0
    ended = plan(late, running, now=110.0)
    assert (ended.outcome, ended.reason) == (Outcome.FAILED, "DeadlineExceeded")
    assert (ended.pods, ended.surplus) == ((), ("web-0",))


def test_less_parallelism_takes_active_pods_away() -> None:
    fewer = plan(job(completions=4, parallelism=1), known(ACTIVE, ACTIVE))

    assert (names(fewer), fewer.surplus) == (["web-0"], ("web-1",))


@given(
    completions=st.integers(0, 6),
    parallelism=st.integers(1, 4),
    limit=st.integers(0, 3),
    ends=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_a_job_ends_whatever_its_pods_do(
    completions: int, parallelism: int, limit: int, ends: list[bool]
) -> None:
    wanted = job(completions=completions, parallelism=parallelism, backoff_limit=limit)
    states: dict[str, Known] = {}
    for _ in range(40):
        now = plan(wanted, states)
        if now.outcome is not None:
            break
        active = [name for name in names(now) if name not in states]
        assert 0 < len(active) <= parallelism
        for name in active:
            states[name] = DONE if ends[int(name[4:]) % 12] else BROKEN
    succeeded = sum(one is DONE for one in states.values())
    assert now.outcome is (Outcome.COMPLETE if succeeded >= completions else Outcome.FAILED)
    assert succeeded <= completions or now.outcome is Outcome.COMPLETE
