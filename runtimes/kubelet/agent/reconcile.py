"""Bring the records in line with the folder: what is new is recorded before any of it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.agent.plan import plan_folder

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from runtimes.core.pod import v1
    from runtimes.kubelet.agent.manifests import ManifestFolder, Scan
    from runtimes.kubelet.store.pods import PodStore
    from runtimes.kubelet.store.record import Applied


@dataclass(slots=True)
class Reconciled:
    """What came of one reading of the folder.

    Attributes:
        applied: recorded anew or changed.
        removed: to be ended; their records go last.
        problems: what is wrong, by file.
        readable: the folder could be read.
    """

    applied: list[Applied] = field(default_factory=list)
    kept: tuple[v1.Pod, ...] = ()
    removed: tuple[v1.Pod, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    readable: bool = True


def reconcile(store: PodStore, folder: ManifestFolder, ended: AbstractSet[str]) -> Reconciled:
    """Read the folder and record what it wants; one pod's failure leaves the others alone."""
    scan = folder.scan()
    found = Reconciled(problems=dict(scan.problems), readable=scan.readable)
    _apply_objects(store, scan, found)
    plan = plan_folder(scan, store.list(), str(folder.path), ended)
    for wanted, why in plan.refused:
        found.problems[wanted.file] = why
    for pod in plan.apply:
        try:
            found.applied.append(store.apply(pod))
        except errors.Error as error:
            found.problems[pod.metadata.name] = str(error)
    found.kept, found.removed = plan.keep, plan.remove
    return found


def _apply_objects(store: PodStore, scan: Scan, found: Reconciled) -> None:
    for obj in scan.objects:
        try:
            store.apply_object(obj)
        except errors.Error as error:
            found.problems[f"{obj.kind}/{obj.metadata.name}"] = str(error)
