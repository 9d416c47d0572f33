"""Which pods a Job wants now: at most `parallelism` at once, until it has ended; pure.

    completions given, or neither   complete once so many pods have succeeded
    parallelism alone               a queue: complete once one has succeeded and all have ended
    either                          failed once more than `backoffLimit` attempts have, or once
                                    `activeDeadlineSeconds` are over

An attempt is a pod that failed or, with restartPolicy OnFailure, a container's restart.

Source: kubernetes pkg/controller/job/job_controller.go, backoff_utils.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.kubelet.workloads.model import ENDED, JobPace, Known, Outcome, Plan
from runtimes.kubelet.workloads.template import pod_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runtimes.core.pod.workloads import Job, JobSpec

BACKOFF_LIMIT = 6
LONGEST_DELAY = 360.0


@dataclass(frozen=True, slots=True)
class _Tally:
    """A Job's pods, counted; `held_until` is when the next attempt may begin."""

    numbers: tuple[int, ...]
    active: tuple[int, ...]
    succeeded: int
    attempts_failed: int
    began_at: float | None
    held_until: float

    @classmethod
    def of(cls, job: Job, known: Mapping[str, Known], pace: JobPace) -> _Tally:
        by_number = {_number(job, name): one for name, one in known.items()}
        phases = [one.phase for one in known.values()]
        in_place = job.spec.template.spec.restart_policy == "OnFailure"
        restarts = sum(one.restarts for one in known.values()) if in_place else 0
        oldest = min((one.created_at for one in known.values()), default=None)
        return cls(
            numbers=tuple(sorted(by_number)),
            active=tuple(sorted(n for n, one in by_number.items() if one.phase not in ENDED)),
            succeeded=phases.count("Succeeded"),
            attempts_failed=phases.count("Failed") + restarts,
            began_at=oldest if pace.began_at is None else pace.began_at,
            held_until=_held_until(known.values(), pace.first_delay),
        )


def plan_job(job: Job, known: Mapping[str, Known], now: float, pace: JobPace) -> Plan:
    """Compare a Job with its pods."""
    tally = _Tally.of(job, known, pace)
    left = _seconds_left(job.spec, tally, now)
    ended = _ended(job.spec, tally, left)
    if ended is not None:
        return _end(job, tally, *ended)
    missing, wait = _missing(job.spec, tally), tally.held_until - now
    waits = [] if left is None else [left]
    if missing > 0 and wait > 0:
        missing = 0
        waits.append(wait)
    first = tally.numbers[-1] + 1 if tally.numbers else 0
    numbers = (*tally.numbers, *range(first, first + max(0, missing)))
    surplus = tally.active[missing:] if missing < 0 else ()
    return Plan(
        pods=tuple(pod_of(job, number) for number in numbers if number not in surplus),
        surplus=_names(job, surplus),
        check_after=min(waits, default=None),
    )


def _ended(spec: JobSpec, tally: _Tally, seconds_left: float | None) -> tuple[Outcome, str] | None:
    limit = BACKOFF_LIMIT if spec.backoff_limit is None else spec.backoff_limit
    completions = _completions(spec)
    if completions is None:
        complete = tally.succeeded > 0 and not tally.active
    else:
        complete = tally.succeeded >= completions
    if complete:
        return Outcome.COMPLETE, ""
    if tally.attempts_failed > limit:
        return Outcome.FAILED, "BackoffLimitExceeded"
    if seconds_left is not None and seconds_left <= 0:
        return Outcome.FAILED, "DeadlineExceeded"
    return None


def _missing(spec: JobSpec, tally: _Tally) -> int:
    """How many pods to add; negative when some are too many."""
    parallelism = 1 if spec.parallelism is None else spec.parallelism
    completions = _completions(spec)
    if completions is not None:
        return min(parallelism, completions - tally.succeeded) - len(tally.active)
    return 0 if tally.succeeded else parallelism - len(tally.active)


def _completions(spec: JobSpec) -> int | None:
    """None for a queue, whose pods know themselves when all is done."""
    if spec.completions is None and spec.parallelism is None:
        return 1
    return spec.completions


def _seconds_left(spec: JobSpec, tally: _Tally, now: float) -> float | None:
    deadline = spec.active_deadline_seconds
    if deadline is None:
        return None
    return deadline if tally.began_at is None else tally.began_at + deadline - now


def _held_until(known: Iterable[Known], first_delay: float) -> float:
    """Failures since the last success make the next attempt wait, each twice as long."""
    ended = sorted((one for one in known if one.phase in ENDED), key=lambda one: one.finished_at)
    failures = 0
    for one in ended:
        failures = failures + 1 if one.phase == "Failed" else 0
    if not failures:
        return 0.0
    return ended[-1].finished_at + min(first_delay * 2.0 ** (failures - 1), LONGEST_DELAY)


def _end(job: Job, tally: _Tally, outcome: Outcome, reason: str) -> Plan:
    kept = (number for number in tally.numbers if number not in tally.active)
    return Plan(
        pods=tuple(pod_of(job, number) for number in kept),
        surplus=_names(job, tally.active),
        outcome=outcome,
        reason=reason,
    )


def _number(job: Job, name: str) -> int:
    return int(name.removeprefix(f"{job.metadata.name}-"))


def _names(job: Job, numbers: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{job.metadata.name}-{number}" for number in numbers)
