"""Remove containers, and what is left of a pod.

Source: kubelet 1.4 pkg/kubelet/dockertools/container_gc.go.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.pod.status import owned
from runtimes.kubelet import layout
from runtimes.kubelet.generic.node import OWNER
from runtimes.kubelet.generic.remove import remove_cgroups
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.volumes.cleanup import clean_up

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.pod.gc import GarbagePolicy
    from runtimes.core.pod.status import RunningPod
    from runtimes.docker_legacy.pod.node import DockerNode
    from runtimes.docker_legacy.pod.status import Owned


def remove_container(docker: DockerInterface, container_id: str) -> None:
    """Remove one with its log. Idempotent."""
    with suppress(errors.NotFound):
        docker.remove_container(container_id, force=True)


def remove_quietly(docker: DockerInterface, container_id: str) -> None:
    """Remove one while another error is on its way; what stays goes with the pod."""
    with suppress(errors.Error):
        docker.remove_container(container_id, force=True)


def remove_pod(node: DockerNode, running: RunningPod) -> None:
    """Remove a stopped pod's containers, the infra container last, then its files. Idempotent."""
    members = sorted(owned(node.docker, running.uid), key=lambda member: member[1].is_infra)
    for one, _ in members:
        remove_container(node.docker, one["Id"])
    folders = layout.folders_of(node.config, running.namespace, running.name, running.uid)
    with translated(f"remove files of pod {running.namespace}/{running.name}"):
        _sweep_links(node.config.log_links)
        clean_up(folders)
    remove_cgroups(node.config.cgroup_root, running.uid)


def collect(
    node: DockerNode, policy: GarbagePolicy, *, all_sources_ready: bool, now_ns: int
) -> None:
    """Remove our dead containers by `policy`, and links to logs that are gone."""
    root = str(node.config.root)
    ours = [
        (one, owner)
        for one, owner in owned(node.docker)
        if (one["Labels"] or {}).get(OWNER) == root and one["State"] != "running"
    ]
    old = [member for member in ours if now_ns / 1e9 - member[0]["Created"] >= policy.min_age]
    is_removed = node.around.is_removed
    for container_id in to_remove(
        old,
        policy,
        gone={o.uid for _, o in old if all_sources_ready and is_removed(o.uid)},
    ):
        remove_container(node.docker, container_id)
    _sweep_links(node.config.log_links)


def to_remove(dead: list[Owned], policy: GarbagePolicy, *, gone: set[str]) -> list[str]:
    """Decide; `dead` are newest first, `gone` the uids of pods of which nothing may stay."""
    units: dict[tuple[str, str], list[str]] = defaultdict(list)
    removed: list[str] = []
    kept: list[str] = []
    for one, owner in dead:
        unit = units[owner.uid, owner.container]
        unit.append(one["Id"])
        full = 0 <= policy.max_per_container < len(unit)
        (removed if owner.uid in gone or full else kept).append(one["Id"])
    if policy.max_containers >= 0:
        removed += kept[policy.max_containers :]
    return removed


def _sweep_links(links: Path | None) -> None:
    for link in links.iterdir() if links is not None and links.is_dir() else ():
        if link.is_symlink() and not link.exists():
            link.unlink(missing_ok=True)
