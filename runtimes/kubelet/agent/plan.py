"""What a folder's pods and the recorded ones make the agent do: a pure comparison.

in the folder, not recorded                        apply
recorded from this folder, and equal               keep
recorded from this folder, and different           apply: only what changed is restarted;
                                                   replace, if it has ended
recorded from this folder, and being removed       replace: the removal was cut off
recorded, but not from this folder                 refuse: somebody else's
recorded from this folder, its manifest is gone    remove; keep while its file is bad
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.kubelet.agent.stamp import is_as_wanted, manifest_of, stamp
from runtimes.kubelet.store.pods import is_being_removed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from runtimes.core.pod import v1
    from runtimes.kubelet.agent.manifests import Given, Name, Scan


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """What to do.

    Attributes:
        apply: to be recorded.
        keep: as they were recorded.
        remove: as they were recorded; one that the folder still wants comes back anew.
        refused: pods of the folder, each with the reason.
    """

    apply: tuple[v1.Pod, ...] = ()
    keep: tuple[v1.Pod, ...] = ()
    remove: tuple[v1.Pod, ...] = ()
    refused: tuple[tuple[Given[v1.Pod], str], ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder asks for; `ended` are uids of pods that have ended for good."""

    path: str
    scan: Scan
    pods: Mapping[Name, Given[v1.Pod]]
    ended: AbstractSet[str] = frozenset()


def plan_folder(folder: Folder, recorded: Iterable[v1.Pod]) -> FolderPlan:
    """Compare."""
    records = {(pod.metadata.namespace, pod.metadata.name): pod for pod in recorded}
    own = {
        name: pod
        for name, pod in records.items()
        if manifest_of(pod).rpartition("/")[0] == folder.path
    }
    if not folder.scan.readable:
        return FolderPlan(keep=tuple(own.values()))
    apply, keep, remove, refused = [], [], [], []
    for name, given in folder.pods.items():
        stamped, record = stamp(given.object, given.file, folder.path), records.get(name)
        if record is None:
            apply.append(stamped)
        elif name not in own:
            refused.append((given, _whose(record)))
        elif is_being_removed(record):
            remove.append(record)
        elif is_as_wanted(record, stamped):
            keep.append(record)
        elif record.metadata.uid in folder.ended:
            remove.append(record)
        else:
            apply.append(stamped)
    for name, record in own.items():
        if name not in folder.pods:
            bad = manifest_of(record).rpartition("/")[2] in folder.scan.problems
            (keep if bad else remove).append(record)
    return FolderPlan(tuple(apply), tuple(keep), tuple(remove), tuple(refused))


def _whose(record: v1.Pod) -> str:
    meta = record.metadata
    source = manifest_of(record)
    where = f"from {source}" if source else "by hand"
    return f"pod {meta.namespace}/{meta.name} was applied {where}; remove that one first"
