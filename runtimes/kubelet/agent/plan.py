"""What a folder's pods and the recorded ones make the agent do: a pure comparison.

in the folder, not recorded                       -> apply
recorded from this folder, and equal              -> keep
recorded from this folder, and different          -> apply: only what changed is restarted;
replace, if it has ended
recorded, but not from this folder                -> refuse: somebody else's
recorded from this folder, whose manifest is gone -> remove; keep while its file is bad
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core import labels

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from runtimes.core.pod import v1
    from runtimes.kubelet.agent.manifests import Scan, Wanted

MANIFEST = "runtimes.kubelet/manifest"
"""Annotation of a pod that came from a folder: the path of its manifest."""


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
    refused: tuple[tuple[Wanted, str], ...] = ()


def plan_folder(
    scan: Scan, recorded: Iterable[v1.Pod], folder: str, ended: AbstractSet[str] = frozenset()
) -> FolderPlan:
    """Compare; `ended` are uids of pods that have ended for good."""
    records = {(pod.metadata.namespace, pod.metadata.name): pod for pod in recorded}
    own = {name: pod for name, pod in records.items() if _folder_of(pod) == folder}
    if not scan.readable:
        return FolderPlan(keep=tuple(own.values()))
    apply, keep, remove, refused = [], [], [], []
    for name, wanted in scan.pods.items():
        stamped, record = stamp(wanted, folder), records.get(name)
        if record is None:
            apply.append(stamped)
        elif name not in own:
            refused.append((wanted, _whose(record)))
        elif is_as_wanted(record, stamped):
            keep.append(record)
        elif record.metadata.uid in ended:
            remove.append(record)
        else:
            apply.append(stamped)
    for name, record in own.items():
        if name not in scan.pods:
            bad = _file_of(record) in scan.problems
            (keep if bad else remove).append(record)
    return FolderPlan(tuple(apply), tuple(keep), tuple(remove), tuple(refused))


def stamp(wanted: Wanted, folder: str) -> v1.Pod:
    """Note where a pod came from."""
    meta = wanted.pod.metadata
    notes = {labels.CONFIG_SOURCE: "file", MANIFEST: f"{folder}/{wanted.file}"}
    return replace(wanted.pod, metadata=replace(meta, annotations={**meta.annotations, **notes}))


def is_as_wanted(record: v1.Pod, wanted: v1.Pod) -> bool:
    """Whether a recorded pod is what a manifest asks for; debug containers are nobody's wish."""
    spec = replace(record.spec, ephemeral_containers=wanted.spec.ephemeral_containers)
    before, after = record.metadata, wanted.metadata
    return (spec, before.labels, before.annotations) == (
        wanted.spec,
        after.labels,
        after.annotations,
    )


def _folder_of(pod: v1.Pod) -> str:
    return pod.metadata.annotations.get(MANIFEST, "").rpartition("/")[0]


def _file_of(pod: v1.Pod) -> str:
    return pod.metadata.annotations.get(MANIFEST, "").rpartition("/")[2]


def _whose(record: v1.Pod) -> str:
    meta = record.metadata
    source = meta.annotations.get(MANIFEST)
    where = f"from {source}" if source else "by hand"
    return f"pod {meta.namespace}/{meta.name} was applied {where}; remove that one first"
