"""What a folder's pods and the recorded ones make the agent do: a pure comparison.

in the folder, not recorded                       apply
recorded from this folder, and equal              keep
recorded from this folder, different, going on    apply: only what changed is restarted
recorded from this folder, different, ended       replace
recorded from this folder, different, not seen    keep, until somebody has looked at it
recorded from this folder, and being removed      replace: the removal was cut off
recorded, but not from this folder                refuse: somebody else's
recorded from this folder, its manifest is gone   remove; keep while its file is bad
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        undecided: kept as well, until what has become of them is known.
        remove: as they were recorded; one that the folder still wants comes back anew.
        refused: pods of the folder, each with the reason.
    """

    apply: tuple[v1.Pod, ...] = ()
    keep: tuple[v1.Pod, ...] = ()
    undecided: tuple[v1.Pod, ...] = ()
    remove: tuple[v1.Pod, ...] = ()
    refused: tuple[tuple[Given[v1.Pod], str], ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder asks for.

    Attributes:
        seen: uids of pods that somebody has looked at, or tried to as far as that goes.
        ended: uids of those that have, for good.
    """

    path: str
    scan: Scan
    pods: Mapping[Name, Given[v1.Pod]]
    seen: AbstractSet[str] = frozenset()
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
    apply, keep, changed, remove, refused = [], [], [], [], []
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
        else:
            changed.append((record, stamped))
    for name, record in own.items():
        if name not in folder.pods:
            bad = manifest_of(record).rpartition("/")[2] in folder.scan.problems
            (keep if bad else remove).append(record)
    plan = FolderPlan(tuple(apply), tuple(keep), (), tuple(remove), tuple(refused))
    return _with_changed(plan, folder, changed)


def _with_changed(
    plan: FolderPlan, folder: Folder, changed: list[tuple[v1.Pod, v1.Pod]]
) -> FolderPlan:
    """Decide on what was recorded from this folder and is different now."""
    apply, undecided, remove = [], [], []
    for record, stamped in changed:
        if record.metadata.uid in folder.ended:
            remove.append(record)
        elif record.metadata.uid in folder.seen:
            apply.append(stamped)
        else:
            undecided.append(record)
    return replace(
        plan,
        apply=(*plan.apply, *apply),
        undecided=tuple(undecided),
        remove=(*plan.remove, *remove),
    )


def _whose(record: v1.Pod) -> str:
    meta = record.metadata
    source = manifest_of(record)
    where = f"from {source}" if source else "by hand"
    return f"pod {meta.namespace}/{meta.name} was applied {where}; remove that one first"
