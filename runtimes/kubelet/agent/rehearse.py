"""What an agent would do with a folder now: its own decisions, carried out by nobody.

A Deployment's pods are told as they will be once each has had its turn.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.pod.workloads import Deployment
from runtimes.kubelet.actions.foresee import SETTLED, foresee
from runtimes.kubelet.agent.expand import Expanded, Present, expand
from runtimes.kubelet.agent.manifests import Given
from runtimes.kubelet.agent.plan import Folder, plan_folder
from runtimes.kubelet.agent.stamp import manifest_of
from runtimes.kubelet.store.job_runs import JobRuns
from runtimes.kubelet.store.record import Outcome
from runtimes.kubelet.worker import PodWorker
from runtimes.kubelet.workloads.plan import plan

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.kubelet.agent.manifests import ManifestFolder, Name, Scan
    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.store.pods import PodStore

_NO_CHANGE = {"runs on", SETTLED}


@dataclass(slots=True)
class Rehearsal:
    """What would happen.

    Attributes:
        lines: for people, as `diff` prints them.
        problems: what is wrong, by file.
        changes: something would change.
    """

    lines: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    changes: bool = False

    @property
    def exit_code(self) -> int:
        """2 when something is wrong, else 1 when something would change, else 0."""
        return 2 if self.problems else int(self.changes)

    def tell(self, line: str, *, change: bool) -> None:
        self.lines.append(line)
        self.changes |= change


def rehearse(runtime: PodRuntime, store: PodStore, folder: ManifestFolder) -> Rehearsal:
    """Read the folder, the records and what runs; change nothing."""
    scan, path = folder.scan(), str(folder.path)
    records = {_name(pod): pod for pod in store.list()}
    own = [pod for pod in records.values() if manifest_of(pod).rpartition("/")[0] == path]
    views = {pod.metadata.uid: PodWorker(runtime, pod).look() for pod in own}
    present = Present(
        recorded=tuple(records.values()),
        views=views,
        runs=JobRuns(store.root, store.backend).list(),
        now=time.time(),
    )
    expanded = expand(scan, path, present) if scan.readable else Expanded()
    ended = {uid for uid, view in views.items() if view.finished}
    ended |= _have_their_turn(scan, expanded, records)
    wanted = Folder(path, scan, expanded.pods, frozenset(views), ended)
    found = plan_folder(wanted, records.values())
    refused = {given.file: why for given, why in found.refused}
    told = Rehearsal(problems={**scan.problems, **expanded.problems, **refused})
    _tell_objects(told, scan, store)
    for pod in (*found.apply, *found.keep):
        _tell_pod(told, pod, records.get(_name(pod)), views)
    for pod in found.remove:
        word = "replaced" if _name(pod) in expanded.pods else "removed"
        told.tell(f"pod/{pod.metadata.name} {word}", change=True)
    return told


def _name(pod: v1.Pod) -> Name:
    return (pod.metadata.namespace, pod.metadata.name)


def _have_their_turn(scan: Scan, expanded: Expanded, records: dict[Name, v1.Pod]) -> set[str]:
    """Let nothing of a Deployment wait; return the uids of what is ended before it comes back."""
    ended: set[str] = set()
    for given in scan.wanted:
        if not isinstance(given.object, Deployment):
            continue
        strategy = given.object.spec.strategy
        for pod in plan(given.object).pods:
            expanded.pods[_name(pod)] = Given(pod, given.file, given.line)
            if strategy is not None and strategy.type == "Recreate" and _name(pod) in records:
                ended.add(records[_name(pod)].metadata.uid)
    return ended


def _tell_objects(told: Rehearsal, scan: Scan, store: PodStore) -> None:
    for given in scan.objects:
        word = store.objects.compare(given.object)
        kind = given.object.kind.lower()
        told.tell(
            f"{kind}/{given.object.metadata.name} {word}", change=word is not Outcome.UNCHANGED
        )


def _tell_pod(
    told: Rehearsal, pod: v1.Pod, record: v1.Pod | None, views: dict[str, PodView]
) -> None:
    from runtimes.core.pod.status import PodStatus

    name, namespace = pod.metadata.name, pod.metadata.namespace
    view = views.get(record.metadata.uid) if record is not None else None
    status = view.observed if view else PodStatus(uid="", name=name, namespace=namespace)
    found = foresee(pod, record, status, ended=view is not None and view.finished)
    told.tell(f"pod/{name} {found.word}", change=found.word != Outcome.UNCHANGED)
    for container, fate in found.containers:
        told.tell(f"  {container}: {fate}", change=fate not in _NO_CHANGE)
    for asked in found.sandbox:
        told.tell(f"  {asked}: changed, for which the pod gets a new sandbox", change=True)
