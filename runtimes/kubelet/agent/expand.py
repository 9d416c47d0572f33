"""From what a folder wants to the pods that shall be now: a pure comparison.

    Pod         itself
    Deployment  its replicas; those that a rollout holds back as they are recorded
    Job         its attempts, until it has ended; then none after `ttlSecondsAfterFinished`

A Job whose template or completions changed begins anew, once the pods of its last run have gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import replace as with_fields
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.pod.workloads import Deployment, Job
from runtimes.kubelet.agent.manifests import Given, given_twice
from runtimes.kubelet.agent.stamp import is_as_wanted, stamp
from runtimes.kubelet.store.job_runs import JobRun
from runtimes.kubelet.workloads.known import known_of
from runtimes.kubelet.workloads.model import ENDED, JobPace, Known
from runtimes.kubelet.workloads.plan import plan
from runtimes.kubelet.workloads.rollout import roll_out
from runtimes.kubelet.workloads.template import OWNER, definition, owner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from runtimes.core.pod import v1
    from runtimes.core.pod.workloads import Workload
    from runtimes.kubelet.agent.manifests import HasPods, Name, Scan
    from runtimes.kubelet.status.view import PodView

FIRST_DELAY = 10.0
"""Seconds between a Job's first failed pod and the next attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """What is.

    Attributes:
        recorded: every pod.
        views: what the last sync of each led to, by uid.
        seen: uids of those of which a sync has ended, well or not.
        runs: of Jobs.
        now: seconds since the epoch.
    """

    recorded: tuple[v1.Pod, ...] = ()
    views: Mapping[str, PodView] = field(default_factory=dict)
    seen: AbstractSet[str] = frozenset()
    runs: Mapping[Name, JobRun] = field(default_factory=dict)
    now: float = 0.0


@dataclass(slots=True)
class Expanded:
    """What shall be.

    Attributes:
        pods: by namespace and name.
        runs: that changed; to be recorded before any pod is touched.
        over: names of recorded runs whose Jobs are gone.
        problems: what is wrong, by file.
        check_after: seconds after which to look again though nothing has changed.
    """

    pods: dict[Name, Given[v1.Pod]] = field(default_factory=dict)
    runs: list[JobRun] = field(default_factory=list)
    over: list[Name] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    check_after: float | None = None

    def check(self, after: float | None) -> None:
        if after is not None:
            self.check_after = after if self.check_after is None else min(self.check_after, after)


def expand(scan: Scan, folder: str, present: Present) -> Expanded:
    """Do it for all that a readable folder has."""
    expansion = _Expansion(folder, present)
    for one in scan.wanted:
        for pod in expansion.pods_of(one):
            meta = pod.metadata
            given = Given(pod, one.file, one.line)
            first = expansion.result.pods.setdefault((meta.namespace, meta.name), given)
            if first is not given:
                expansion.result.problems[one.file] = given_twice(given, first)
    kept = {_name(one.object) for one in scan.wanted if isinstance(one.object, Job)}
    for name, run in present.runs.items():
        home, _, file = run.manifest.rpartition("/")
        if name not in kept and home == folder and file not in scan.problems:
            expansion.result.over.append(name)
    return expansion.result


def _name(one: HasPods) -> Name:
    return (one.metadata.namespace, one.metadata.name)


class _Expansion:
    def __init__(self, folder: str, present: Present) -> None:
        self.result = Expanded()
        self._folder = folder
        self._present = present

    def pods_of(self, one: Given[HasPods]) -> tuple[v1.Pod, ...]:
        wanted = one.object
        if isinstance(wanted, Deployment):
            return self._replicas(wanted, one.file)
        if isinstance(wanted, Job):
            return self._attempts(wanted, one.file)
        return (wanted,)

    def _recorded(self, workload: Workload) -> dict[str, v1.Pod]:
        return {
            pod.metadata.name: pod
            for pod in self._present.recorded
            if pod.metadata.annotations.get(OWNER) == owner(workload)
        }

    def _known(self, record: v1.Pod) -> Known | None:
        """What became of a pod; None while no sync of its present definition has ended."""
        view = self._present.views.get(record.metadata.uid)
        if view is None and record.metadata.uid in self._present.seen:  # it can't be synced
            return Known(created_at=self._present.now)
        if view is None or view.pod.metadata.generation != record.metadata.generation:
            return None
        known = known_of(record, view.status)
        if record.metadata.deletion_timestamp and not view.running:  # somebody stopped it
            return Known(phase="Failed", created_at=known.created_at, finished_at=known.finished_at)
        return known

    def _replicas(self, wanted: Deployment, file: str) -> tuple[v1.Pod, ...]:
        recorded = self._recorded(wanted)
        known = {name: self._known(record) for name, record in recorded.items()}
        pods = plan(wanted).pods
        outdated = {
            pod.metadata.name
            for pod in pods
            if (record := recorded.get(pod.metadata.name)) is not None
            and not is_as_wanted(record, stamp(pod, file, self._folder))
        }
        names = {pod.metadata.name for pod in pods}
        rollout = roll_out(
            wanted,
            outdated,
            {name: one for name, one in known.items() if name in names},
            self._present.now,
        )
        self.result.check(rollout.check_after)
        if rollout.ending:
            return tuple(recorded[name] for name in sorted(names & {*recorded} - rollout.ending))
        return tuple(
            recorded[pod.metadata.name] if pod.metadata.name in rollout.waiting else pod
            for pod in pods
        )

    def _attempts(self, wanted: Job, file: str) -> tuple[v1.Pod, ...]:
        recorded = self._recorded(wanted)
        run = self._present.runs.get(_name(wanted))
        digest = definition(wanted)
        if run is not None and run.definition != digest:
            if recorded:
                return ()
            run = None
        before = run
        if run is None:
            run = JobRun(
                namespace=wanted.metadata.namespace,
                name=wanted.metadata.name,
                manifest=f"{self._folder}/{file}",
                definition=digest,
                began_at=self._present.now,
            )
        known = {
            name: self._known(record) or Known(created_at=self._present.now)
            for name, record in recorded.items()
        }
        ended = {
            name: with_fields(one, finished_at=one.finished_at or self._present.now)
            for name, one in known.items()
            if one.phase in ENDED
        }
        run = replace(run, ended={**ended, **run.ended})
        run, pods = self._job(wanted, run, {**known, **run.ended})
        if run != before:
            self.result.runs.append(run)
        if run.outcome is not None:
            return tuple(recorded[name] for name in run.ended if name in recorded and pods)
        return tuple(
            recorded.get(pod.metadata.name, pod)
            for pod in pods
            if pod.metadata.name in recorded or pod.metadata.name not in run.ended
        )

    def _job(
        self, wanted: Job, run: JobRun, known: Mapping[str, Known]
    ) -> tuple[JobRun, tuple[v1.Pod, ...]]:
        pace = JobPace(began_at=run.began_at, first_delay=FIRST_DELAY)
        now = self._present.now
        found = plan(wanted, known, now, pace)
        if run.outcome is None and found.outcome is not None:
            run = replace(run, outcome=found.outcome, reason=found.reason, ended_at=now)
        ttl = wanted.spec.ttl_seconds_after_finished
        if run.outcome is None:
            self.result.check(found.check_after)
        elif ttl is not None:
            left = run.ended_at + ttl - now
            if left <= 0:
                return run, ()
            self.result.check(left)
        return run, found.pods
