"""Remove what is left of a pod: objects, logs, files, cgroups."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.kubelet import layout
from runtimes.kubelet.generic import pod_cgroup
from runtimes.kubelet.generic.status import list_pod
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.volumes.cleanup import clean_up, remove_tree

if TYPE_CHECKING:
    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generic.node import CriNode

CGROUPS = Path("/sys/fs/cgroup")
_CGROUP_PATIENCE = 0.3
_CGROUP_PAUSE = 0.01


def remove_pod(node: CriNode, running: RunningPod) -> None:
    """Remove a stopped pod's containers and sandboxes, then its files. Idempotent."""
    sandboxes, containers = list_pod(node.service, running.uid)
    for sandbox in sandboxes:
        node.service.stop_pod_sandbox(sandbox.id)
        node.service.remove_pod_sandbox(sandbox.id)
    gone = {sandbox.id for sandbox in sandboxes}
    for container in containers:
        if container.pod_sandbox_id not in gone:
            node.service.remove_container(container.id)
    folders = layout.folders_of(node.config, running.namespace, running.name, running.uid)
    with translated(f"remove files of pod {running.namespace}/{running.name}"):
        remove_tree(folders.logs)
        _remove_links(node.config, running)
        clean_up(folders)
    remove_cgroups(node.config.cgroup_root, running.uid)


def _remove_links(config: KubeletConfig, running: RunningPod) -> None:
    """Remove links to logs that are gone; other pods' links stay."""
    if config.log_links is None:
        return
    for link in config.log_links.glob(f"{running.name}_{running.namespace}_*.log"):
        if not link.exists():
            link.unlink(missing_ok=True)


def remove_cgroups(root: str, uid: str, mount: Path = CGROUPS) -> None:
    """Remove the pod's empty cgroups in every hierarchy; runtimes remove their containers' only.

    A runtime may need a moment to clean up after its containers; what isn't empty then stays.
    """
    end = time.monotonic() + _CGROUP_PATIENCE
    while not _try_to_remove(root, uid, mount) and time.monotonic() < end:
        time.sleep(_CGROUP_PAUSE)
    pod_cgroup.weigh_burstable(root)


def _try_to_remove(root: str, uid: str, mount: Path) -> bool:
    """Remove what is empty; tell whether that was all."""
    names = (f"pod{uid}", f"{root}-*pod{uid.replace('-', '_')}.slice")
    bases = [
        base
        for hierarchy in (mount, *mount.glob("*/"))
        for base in (hierarchy / root, hierarchy / f"{root}.slice")
        if base.is_dir()
    ]
    groups = [
        group
        for base in bases
        for folder in (base, *base.glob("*/"))
        for name in names
        for group in folder.glob(name)
    ]
    for group in groups:
        with suppress(OSError):
            group.rmdir()
    return not any(group.exists() for group in groups)
