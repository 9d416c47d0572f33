"""Remove what is left of a pod: objects, logs, files, cgroups."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.kubelet import layout
from runtimes.kubelet.generic.status import list_pod
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.volumes.cleanup import clean_up

if TYPE_CHECKING:
    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generic.node import Node

CGROUPS = Path("/sys/fs/cgroup")


def remove_pod(node: Node, running: RunningPod) -> None:
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
        shutil.rmtree(folders.logs, ignore_errors=True)
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
    """Remove the pod's empty cgroups in every hierarchy; runtimes remove their containers' only."""
    names = (f"pod{uid}", f"{root}-*pod{uid.replace('-', '_')}.slice")
    for hierarchy in (mount, *mount.glob("*/")):
        for base in (hierarchy / root, hierarchy / f"{root}.slice"):
            if base.is_dir():
                _remove_below(base, names)


def _remove_below(base: Path, names: tuple[str, ...]) -> None:
    for folder in (base, *base.glob("*/")):
        for name in names:
            for group in folder.glob(name):
                with suppress(OSError):
                    group.rmdir()
