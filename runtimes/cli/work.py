"""What `run -f` has to do: the pods to begin with, and those that a Job wants as others end."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.client.workloads import Outcome, plan_now, pods_of
from runtimes.core.pod import v1
from runtimes.core.pod.workloads import Job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.client import Pod, Runtime
    from runtimes.client.workloads import Wanted


@dataclass(frozen=True, slots=True)
class Change:
    """What to do now."""

    start: tuple[Pod, ...] = ()
    stop: frozenset[str] = frozenset()


NO_CHANGE = Change()


class Work:
    """Used by one thread."""

    def __init__(self, runtime: Runtime, wanted: Sequence[Wanted]) -> None:
        self._runtime = runtime
        self._wanted = wanted
        self._jobs = [one for one in wanted if isinstance(one, Job)]
        self._complete: set[str] = set()
        self._pods: dict[str, Pod] = {}
        self._ended = 0
        self._due = float("inf")

    @property
    def pods(self) -> list[Pod]:
        """All that were begun."""
        return list(self._pods.values())

    @property
    def several(self) -> bool:
        """There are several pods, or may be."""
        return len(self._pods) > 1 or bool(self._jobs)

    def begin(self) -> list[Pod]:
        """Make the first pods; those of before that have ended go first.

        Raises:
            AlreadyExists: one of before runs.
        """
        for one in self._wanted:
            self._forget_ended(one)
            self._start(one)
        return self.pods

    def change(self, ended: int) -> Change:
        """Tell what the Jobs want now that so many pods have ended."""
        if not self._jobs or (ended == self._ended and time.monotonic() < self._due):
            return NO_CHANGE
        self._ended, self._due = ended, float("inf")
        started: list[Pod] = []
        stopped: set[str] = set()
        for job in self._jobs:
            new, over = self._start(job)
            started += new
            stopped |= over
        return Change(tuple(started), frozenset(stopped))

    def excuses(self, pod: Pod) -> bool:
        """Tell that a failure of `pod` doesn't count: its Job completed all the same."""
        return pod.uid in self._complete

    def _forget_ended(self, one: Wanted) -> None:
        if isinstance(one, v1.Pod):
            return  # done by `Runtime.create`
        for pod in pods_of(self._runtime, one).values():
            claim = self._runtime.store.claim(pod.namespace, pod.name)
            if claim is None:
                continue  # another process drives it, and has perhaps not started it yet
            try:
                if not pod.running:
                    pod.remove()
            finally:
                claim.release()

    def _start(self, one: Wanted) -> tuple[list[Pod], set[str]]:
        plan = plan_now(self._runtime, one)
        if plan.check_after is not None:
            self._due = min(self._due, time.monotonic() + plan.check_after)
        mine = []
        for wanted in plan.pods:
            name = f"{wanted.metadata.namespace}/{wanted.metadata.name}"
            if name not in self._pods:
                self._pods[name] = self._runtime.create(wanted, anew=True)
                mine.append(self._pods[name])
        if plan.outcome is Outcome.COMPLETE:
            self._complete |= {self._pods[f"{p.metadata.namespace}/{p.metadata.name}"].uid
                               for p in plan.pods}  # fmt: skip
        return mine, {f"{one.metadata.namespace}/{name}" for name in plan.surplus}
