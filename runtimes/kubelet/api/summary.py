"""``/stats/summary``: kubelet's Summary, of what a backend tells.

A pod's use is the sum of its containers'. What a backend doesn't tell (all: page faults, inodes of
a root file system; some: networks) is left out rather than made up.

Source: kubelet pkg/apis/stats/v1alpha1/types.go.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from runtimes.core.pod import v1
from runtimes.kubelet.api.usage import nano_cores
from runtimes.kubelet.status.times import format_ns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from runtimes.core.pod.status import ContainerUsage, ImageStats, InterfaceUsage, NetworkUsage
    from runtimes.kubelet.api.usage import Sample

Json = dict[str, object]


def summary(
    node: Json,
    looks: tuple[Sample | None, Sample],
    pods: Sequence[v1.Pod],
    networks: Sequence[NetworkUsage],
) -> Json:
    """Compute it from two looks at what is used; `node` is what else is known of the node."""
    return {"node": {**node, **_node(looks)}, "pods": _pods(looks, pods, networks)}


def disks(root: Path, images: Sequence[ImageStats]) -> Json:
    """The file system that pods' files are on, and what images use of theirs."""
    found: Json = {"fs": _file_system(root)}
    if images:
        image_fs = {
            **_image_file_system(root, images[0]),
            "usedBytes": sum(one.used_bytes for one in images),
        }
        found["runtime"] = {"imageFs": image_fs}
    return found


def _image_file_system(root: Path, images: ImageStats) -> Json:
    try:
        return _file_system(images.mountpoint)
    except OSError:
        return _file_system(root)  # it's on another host, or told without its place


def _file_system(path: Path | str) -> Json:
    found = os.statvfs(path)
    return {
        "time": format_ns(time.time_ns()),
        "availableBytes": found.f_bavail * found.f_frsize,
        "capacityBytes": found.f_blocks * found.f_frsize,
        "usedBytes": (found.f_blocks - found.f_bfree) * found.f_frsize,
        "inodesFree": found.f_ffree,
        "inodes": found.f_files,
        "inodesUsed": found.f_files - found.f_ffree,
    }


def _node(looks: tuple[Sample | None, Sample]) -> Json:
    before, now = looks
    node, time = now.node, format_ns(now.at_ns)
    passed = now.at_ns - before.at_ns if before else 0
    used = node.memory_total_bytes - node.memory_available_bytes
    return {
        "cpu": _known(
            time=time,
            usageNanoCores=nano_cores(before.node.cpu_ns if before else None, node.cpu_ns, passed),
            usageCoreNanoSeconds=node.cpu_ns,
        ),
        "memory": {
            "time": time,
            "availableBytes": node.memory_available_bytes,
            "usageBytes": node.memory_total_bytes - node.memory_free_bytes,
            "workingSetBytes": used,
        },
    }


def _pods(
    looks: tuple[Sample | None, Sample], pods: Sequence[v1.Pod], networks: Sequence[NetworkUsage]
) -> list[Json]:
    before, now = looks
    started = {pod.metadata.uid: pod.status.start_time for pod in pods if pod.status}
    began = {(pod.metadata.uid, name): at for pod in pods for name, at in _starts(pod)}
    network = {one.pod_uid: _network(one) for one in networks}
    by_pod: dict[str, list[ContainerUsage]] = {}
    for usage in now.containers.values():
        by_pod.setdefault(usage.pod_uid, []).append(usage)
    return [
        _pod(
            usages,
            [_container(one, before, began.get((uid, one.name))) for one in usages],
            startTime=started.get(uid) or None,
            network=network.get(uid),
        )
        for uid, usages in sorted(by_pod.items())
    ]


def _starts(pod: v1.Pod) -> Iterator[tuple[str, str]]:
    status = pod.status or v1.PodStatus()
    for one in (*status.init_container_statuses, *status.container_statuses):
        if one.state.running is not None:
            yield one.name, one.state.running.started_at


def _pod(usages: Sequence[ContainerUsage], containers: Sequence[Json], **known: object) -> Json:
    one = usages[0]
    processes = _known(process_count=_sum(usage.pids for usage in usages))
    return _known(
        podRef={"name": one.pod_name, "namespace": one.pod_namespace, "uid": one.pod_uid},
        **known,
        containers=containers,
        cpu=_total(containers, "cpu", ("usageNanoCores", "usageCoreNanoSeconds")),
        memory=_total(containers, "memory", ("usageBytes", "workingSetBytes")),
        process_stats=processes or None,
    )


def _network(usage: NetworkUsage) -> Json:
    """The default interface once more, above all of them."""
    interfaces = [_interface(one) for one in usage.interfaces]
    return {"time": format_ns(usage.timestamp_ns), **interfaces[0], "interfaces": interfaces}


def _interface(usage: InterfaceUsage) -> Json:
    return {
        "name": usage.name,
        "rxBytes": usage.rx_bytes,
        "rxErrors": usage.rx_errors,
        "txBytes": usage.tx_bytes,
        "txErrors": usage.tx_errors,
    }


def _container(usage: ContainerUsage, before: Sample | None, began: str | None) -> Json:
    earlier = before.containers.get(usage.id) if before else None
    time = format_ns(usage.timestamp_ns)
    passed = usage.timestamp_ns - earlier.timestamp_ns if earlier else 0
    return {
        "name": usage.name,
        **_known(startTime=began),
        "cpu": _known(
            time=time,
            usageNanoCores=nano_cores(
                earlier.cpu_usage_ns if earlier else None, usage.cpu_usage_ns, passed
            ),
            usageCoreNanoSeconds=usage.cpu_usage_ns,
        ),
        "memory": _known(
            time=time,
            usageBytes=usage.memory_usage_bytes,
            workingSetBytes=usage.memory_working_set_bytes,
        ),
        "rootfs": _known(time=time, usedBytes=usage.writable_layer_bytes),
    }


def _total(containers: Sequence[Json], what: str, names: Iterable[str]) -> Json:
    parts = [part for one in containers if isinstance(part := one[what], dict)]
    totals = {name: _sum(part.get(name) for part in parts) for name in names}
    return _known(time=parts[-1]["time"], **totals)


def _sum(values: Iterable[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _known(**values: object) -> Json:
    return {name: value for name, value in values.items() if value is not None}
