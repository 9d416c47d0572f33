"""Bring the records in line with the folder: what is new is recorded before any of it starts."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.agent.claims import Claims
from runtimes.kubelet.agent.expand import Expanded, Present, expand
from runtimes.kubelet.agent.plan import Folder, FolderPlan, plan_folder
from runtimes.kubelet.store.job_runs import JobRuns
from runtimes.kubelet.store.record import Outcome
from runtimes.kubelet.workloads import model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from runtimes.core.pod import v1
    from runtimes.kubelet.agent.manifests import ManifestFolder, Scan
    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.store.job_runs import JobRun
    from runtimes.kubelet.store.pods import PodStore
    from runtimes.kubelet.store.record import Applied

log = logging.getLogger(__name__)
_LOOK = 0.5
_DRIVEN = "it is started or driven by another process; tried again"


@dataclass(slots=True)
class Reconciled:
    """What came of one reading of the folder.

    Attributes:
        applied: recorded anew or changed.
        removed: to be ended; their records go last.
        renewed: uids of pods whose record went, or that name a ConfigMap or Secret that changed.
        problems: what is wrong, by file or object.
        readable: the folder could be read.
        check_after: seconds after which to read it again though nothing has changed.
    """

    applied: list[Applied] = field(default_factory=list)
    kept: list[v1.Pod] = field(default_factory=list)
    removed: list[v1.Pod] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    readable: bool = True
    check_after: float | None = None


class Reconciler:
    """One folder's; used by one thread at a time."""

    def __init__(self, store: PodStore, folder: ManifestFolder) -> None:
        self._claims = Claims(store)
        self._store = store
        self._folder = folder
        self._runs = JobRuns(store.root, store.backend)

    def reconcile(self, views: Mapping[str, PodView], seen: AbstractSet[str]) -> Reconciled:
        """Read the folder and record what it wants; one pod's failure leaves the others alone.

        Args:
            views: what the last sync of each pod led to, by uid.
            seen: uids of pods of which a sync has ended, well or not.

        Raises:
            ResourceExhausted, PermissionDenied: a Job's progress can't be recorded.
        """
        scan = self._folder.scan()
        found = Reconciled(problems=dict(scan.problems), readable=scan.readable)
        found.problems |= {f"{file}, a warning": text for file, text in scan.warnings.items()}
        self._apply_objects(scan, found)
        path, recorded = str(self._folder.path), tuple(self._store.list())
        unlisted = seen - {pod.metadata.uid for pod in recorded}
        found.renewed += [uid for uid in unlisted if not self._store.version(uid)]
        present = Present(
            recorded=recorded, views=views, seen=seen, runs=self._runs.list(), now=time.time()
        )
        expanded = self._expand(scan, path, present) if scan.readable else Expanded()
        ended = frozenset(uid for uid, view in views.items() if view.finished)
        plan = plan_folder(Folder(path, scan, expanded.pods, seen, ended), recorded)
        if plan.undecided:
            expanded.check(_LOOK)
        found.problems |= expanded.problems
        found.check_after = expanded.check_after
        self._carry_out(plan, found)
        return found

    def close(self) -> None:
        """Let go of the pods' names. Idempotent."""
        self._claims.close()

    def _expand(self, scan: Scan, path: str, present: Present) -> Expanded:
        expanded = expand(scan, path, present)
        for run in expanded.runs:
            self._runs.write(run)
            before = present.runs.get((run.namespace, run.name), run)
            if run.outcome is not None and before != run:
                _tell_outcome(run)
        for name in expanded.over:
            self._runs.remove(*name)
        return expanded

    def _carry_out(self, plan: FolderPlan, found: Reconciled) -> None:
        kept = (*plan.keep, *plan.undecided)
        self._claims.release_others((*plan.apply, *kept, *plan.remove))
        for given, why in plan.refused:
            found.problems[given.file] = why
        for pod in filter(self._is_mine(found), plan.apply):
            try:
                found.applied.append(self._store.apply(pod))
            except errors.Error as error:
                found.problems[pod.metadata.name] = str(error)
        found.kept = list(filter(self._is_mine(found), kept))
        found.removed = list(filter(self._is_mine(found), plan.remove))

    def _is_mine(self, found: Reconciled) -> Callable[[v1.Pod], bool]:
        def claim(pod: v1.Pod) -> bool:
            if self._claims.take(pod):
                return True
            found.problems[f"{pod.metadata.namespace}/{pod.metadata.name}"] = _DRIVEN
            return False

        return claim

    def _apply_objects(self, scan: Scan, found: Reconciled) -> None:
        for given in scan.objects:
            try:
                if self._store.apply_object(given.object) is not Outcome.UNCHANGED:
                    naming = self._store.naming(given.object)
                    found.renewed += [pod.metadata.uid for pod in naming]
            except errors.Error as error:
                found.problems[given.name] = str(error)


def _tell_outcome(run: JobRun) -> None:
    failed = run.outcome is model.Outcome.FAILED
    level, why = (logging.WARNING, f": {run.reason}") if failed else (logging.INFO, "")
    log.log(level, "Job %s/%s: %s%s", run.namespace, run.name, run.outcome, why)
