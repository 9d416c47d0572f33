"""Remove what is left of pods.

Source: kubelet 1.4 pkg/kubelet/rkt/container_gc.go, which also went by whole rkt pods.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet import layout
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.volumes.cleanup import clean_up, remove_tree
from runtimes.rkt_stub.pod.incarnation import OWNER, Incarnation, folder_of, incarnations
from runtimes.rkt_stub.program.list import find_pod
from runtimes.rkt_stub.program.rm import rm

if TYPE_CHECKING:
    from runtimes.core.pod.gc import GarbagePolicy
    from runtimes.core.pod.status import RunningPod
    from runtimes.rkt_stub.pod.node import RktNode


def remove_pod(node: RktNode, running: RunningPod) -> None:
    """Remove a stopped pod's rkt pods, its logs and files. Idempotent."""
    for one in incarnations(node.rkt, node.config.root, running.uid):
        remove_incarnation(node, one.uuid)
    folders = layout.folders_of(node.config, running.namespace, running.name, running.uid)
    with translated(f"remove files of pod {running.namespace}/{running.name}"):
        remove_tree(folders.logs)
        clean_up(folders)


def remove_incarnation(node: RktNode, uuid: str) -> None:
    """Idempotent.

    Raises:
        FailedPrecondition: it runs.
        Internal: rkt refuses for another reason.
    """
    answer = rm(node.rkt, uuid)
    if not answer.ok:
        found = find_pod(node.rkt, uuid)
        if found is not None and found["state"] == "running":
            raise errors.FailedPrecondition(f"remove rkt pod '{uuid}': it runs; stop it first")
        if found is not None:
            raise answer.failure(f"remove rkt pod '{uuid}'")
    remove_tree(folder_of(node.config.root, uuid))


def collect(node: RktNode, policy: GarbagePolicy, *, all_sources_ready: bool, now_ns: int) -> None:
    """Remove rkt pods of ours that have ended, by `policy`."""
    root = str(node.config.root)
    dead = [
        one
        for one in incarnations(node.rkt, node.config.root)
        if one.notes.get(OWNER) == root and not one.running
    ]
    old = [one for one in dead if (now_ns - one.created_at_ns) / 1e9 >= policy.min_age]
    is_removed = node.around.is_removed
    gone = {one.uid for one in old if all_sources_ready and is_removed(one.uid)}
    for one in to_remove(old, policy, gone):
        remove_incarnation(node, one.uuid)


def to_remove(dead: list[Incarnation], policy: GarbagePolicy, gone: set[str]) -> list[Incarnation]:
    """Decide; `dead` are newest first, `gone` the uids of pods of which nothing may stay.

    What is prepared stays as long as its pod does: a sync may be about to launch it. Any other
    rkt pod goes once each of its containers has enough newer dead attempts.
    """
    seen: dict[tuple[str, str], int] = defaultdict(int)
    removed: list[Incarnation] = []
    kept: list[Incarnation] = []
    for one in dead:
        if one.prepared and one.uid not in gone:
            continue
        units = [(one.uid, status.name) for status in one.containers()]
        for unit in units:
            seen[unit] += 1
        full = policy.max_per_container >= 0 and all(
            seen[unit] > policy.max_per_container for unit in units
        )
        (removed if one.uid in gone or full else kept).append(one)
    if policy.max_containers >= 0:
        removed += kept[policy.max_containers :]
    return removed
