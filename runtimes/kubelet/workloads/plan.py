"""Which pods an object wants now, from what became of those it has; pure.

    Pod         itself
    Deployment  <name>-0 ... <name>-<replicas - 1>, for ever
    Job         <name>-0, <name>-1, ...: at most `parallelism` at once, until `completions` of them
                have succeeded or more than `backoffLimit` attempts have failed

Names are stable, so applying again changes the same pods, and a smaller number leaves the highest
names over. An attempt is a pod that failed or, with restartPolicy OnFailure, a container's restart.

Source: kubernetes pkg/controller/deployment, pkg/controller/job/job_controller.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from runtimes.core.pod.workloads import Deployment, Job
from runtimes.kubelet.workloads.template import pod_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.pod import v1

BACKOFF_LIMIT = 6
_ENDED = {"Succeeded", "Failed"}


class Outcome(StrEnum):
    """How a Job ended, in the words of its conditions."""

    COMPLETE = "Complete"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What became of one pod.

    Attributes:
        phase: of its status.
        restarts: of all its containers.
        created_at: seconds since the epoch.
    """

    phase: str = "Pending"
    restarts: int = 0
    created_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What shall be.

    Attributes:
        pods: to be created or kept as they are given here, in this order.
        surplus: names of known pods that shall go.
        outcome: of a Job that has ended; None while there is something to do.
        reason: why a Job failed, in its condition's word.
        check_after: seconds after which to plan anew though no pod has changed; None for never.
    """

    pods: tuple[v1.Pod, ...] = ()
    surplus: tuple[str, ...] = ()
    outcome: Outcome | None = None
    reason: str = ""
    check_after: float | None = None


NOTHING_KNOWN: Mapping[str, Known] = {}


def plan(
    wanted: v1.Pod | Deployment | Job,
    known: Mapping[str, Known] = NOTHING_KNOWN,
    now: float = 0.0,
) -> Plan:
    """Compare an object with its pods.

    Args:
        wanted: judged and with defaults.
        known: the object's own pods by name; see `template.owner`.
        now: seconds since the epoch, for a Job's deadline.
    """
    if isinstance(wanted, Deployment):
        return _deployment(wanted, known)
    if isinstance(wanted, Job):
        return _job(wanted, _Tally.of(wanted, known), now)
    return Plan(pods=(wanted,))


def _deployment(wanted: Deployment, known: Mapping[str, Known]) -> Plan:
    replicas = 1 if wanted.spec.replicas is None else wanted.spec.replicas
    pods = tuple(pod_of(wanted, number) for number in range(replicas))
    names = {pod.metadata.name for pod in pods}
    return Plan(pods=pods, surplus=tuple(name for name in known if name not in names))


@dataclass(frozen=True, slots=True)
class _Tally:
    """A Job's pods, counted."""

    numbers: tuple[int, ...] = ()
    active: tuple[int, ...] = ()
    succeeded: int = 0
    attempts_failed: int = 0
    started_at: float = field(default=0.0)

    @classmethod
    def of(cls, job: Job, known: Mapping[str, Known]) -> _Tally:
        by_number = {_number(job, name): one for name, one in known.items()}
        phases = [one.phase for one in known.values()]
        in_place = job.spec.template.spec.restart_policy == "OnFailure"
        restarts = sum(one.restarts for one in known.values()) if in_place else 0
        return cls(
            numbers=tuple(sorted(by_number)),
            active=tuple(sorted(n for n, one in by_number.items() if one.phase not in _ENDED)),
            succeeded=phases.count("Succeeded"),
            attempts_failed=phases.count("Failed") + restarts,
            started_at=min((one.created_at for one in known.values()), default=0.0),
        )


def _number(job: Job, name: str) -> int:
    return int(name.removeprefix(f"{job.metadata.name}-"))


def _job(job: Job, tally: _Tally, now: float) -> Plan:
    spec = job.spec
    limit = BACKOFF_LIMIT if spec.backoff_limit is None else spec.backoff_limit
    left = _seconds_left(job, tally, now)
    if tally.succeeded >= _completions(job):
        return _ended(job, tally, Outcome.COMPLETE, "")
    if tally.attempts_failed > limit:
        return _ended(job, tally, Outcome.FAILED, "BackoffLimitExceeded")
    if left is not None and left <= 0:
        return _ended(job, tally, Outcome.FAILED, "DeadlineExceeded")
    parallelism = 1 if spec.parallelism is None else spec.parallelism
    missing = min(parallelism, _completions(job) - tally.succeeded) - len(tally.active)
    first = tally.numbers[-1] + 1 if tally.numbers else 0
    numbers = (*tally.numbers, *range(first, first + max(0, missing)))
    surplus = tally.active[missing:] if missing < 0 else ()
    return Plan(
        pods=tuple(pod_of(job, number) for number in numbers if number not in surplus),
        surplus=_names(job, surplus),
        check_after=left,
    )


def _completions(job: Job) -> int:
    """Without a number of their own, completions are as many as run at once."""
    spec = job.spec
    if spec.completions is not None:
        return spec.completions
    return 1 if spec.parallelism is None else spec.parallelism


def _seconds_left(job: Job, tally: _Tally, now: float) -> float | None:
    deadline = job.spec.active_deadline_seconds
    if deadline is None:
        return None
    return deadline if not tally.numbers else tally.started_at + deadline - now


def _ended(job: Job, tally: _Tally, outcome: Outcome, reason: str) -> Plan:
    kept = (number for number in tally.numbers if number not in tally.active)
    return Plan(
        pods=tuple(pod_of(job, number) for number in kept),
        surplus=_names(job, tally.active),
        outcome=outcome,
        reason=reason,
    )


def _names(job: Job, numbers: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{job.metadata.name}-{number}" for number in numbers)
