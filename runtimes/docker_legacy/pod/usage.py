"""What running containers use, from their cgroups, and the image store from its folder.

Better than kubelet 1.4, where only cAdvisor knew. Nothing is asked of the Engine but who runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import layout, stats
from runtimes.core.docker.cgroup import cgroup_of
from runtimes.core.docker.graph import image_folder
from runtimes.core.pod.status import ContainerUsage, ImageStats
from runtimes.docker_legacy.pod.status import owned

if TYPE_CHECKING:
    from runtimes.docker_legacy.pod.node import DockerNode
    from runtimes.docker_legacy.pod.whose import Whose


def container_usage(node: DockerNode) -> list[ContainerUsage]:
    """Measure each; one that ends meanwhile is left out."""
    running = [
        (one["Id"], owner)
        for one, owner in owned(node.docker, include_exited=False)
        if not owner.is_infra
    ]
    measured = [_usage(node, container_id, owner) for container_id, owner in running]
    return [usage for usage in measured if usage is not None]


def _usage(node: DockerNode, container_id: str, owner: Whose) -> ContainerUsage | None:
    try:
        found = node.docker.inspect_container(container_id)
        cgroup = cgroup_of(node.processes, found)
        used = stats.read(layout.detect(), cgroup) if cgroup else None
    except errors.NotFound:
        return None
    if used is None:
        return None
    driver, memory = found.get("GraphDriver"), used.memory
    upper = (driver["Data"] or {}).get("UpperDir", "") if driver else ""
    return ContainerUsage(
        id=container_id,
        name=owner.container,
        pod_uid=owner.uid,
        pod_name=owner.pod,
        pod_namespace=owner.namespace,
        timestamp_ns=used.timestamp_ns,
        cpu_usage_ns=used.cpu_ns,
        memory_working_set_bytes=memory.working_set_bytes if memory else None,
        memory_usage_bytes=memory.usage_bytes if memory else None,
        pids=used.pids,
        writable_layer_bytes=node.folders.get(Path(upper)).used_bytes if upper else None,
    )


def image_stats(node: DockerNode) -> list[ImageStats]:
    """The folder of layers, walked at most every ten seconds.

    Raises:
        Unavailable: the Engine's folder can't be seen from here.
    """
    folder = image_folder(node.facts.info())
    used = node.folders.get(folder)
    return [ImageStats(str(folder), used.used_bytes, used.inodes)]
