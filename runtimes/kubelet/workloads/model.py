"""The values that a workload's plan is made of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.pod import v1

ENDED = frozenset({"Succeeded", "Failed"})
"""Phases that a pod never leaves."""


class Outcome(StrEnum):
    """How a Job ended, in the words of its conditions."""

    COMPLETE = "Complete"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What became of one pod; times are seconds since the epoch.

    Attributes:
        phase: of its status.
        restarts: of all its containers.
        created_at: when it was applied.
        ready_since: None while it isn't ready.
        finished_at: when its last container ended; 0 before.
    """

    phase: str = "Pending"
    restarts: int = 0
    created_at: float = 0.0
    ready_since: float | None = None
    finished_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPace:
    """When a Job goes on.

    Attributes:
        began_at: seconds since the epoch; None takes the time of its oldest pod.
        first_delay: seconds between a failed pod and the next attempt, doubled by each further one.
    """

    began_at: float | None = None
    first_delay: float = 0.0


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
AT_ONCE = JobPace()
