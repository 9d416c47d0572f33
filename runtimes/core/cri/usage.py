"""What a cgroup uses, and what a folder takes, as the CRI says it. Pure.

Source: CRI ContainerStats, CpuUsage, MemoryUsage, SwapUsage, ProcessUsage, FilesystemUsage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runtimes.core.cgroup.stats import CgroupStats
    from runtimes.core.host.usage import Usage


def cpu(used: CgroupStats) -> cri.CpuUsage | None:
    """CPU time; the current rate is left to whoever compares two readings."""
    if used.cpu_ns is None:
        return None
    return cri.CpuUsage(
        timestamp=used.timestamp_ns, usage_core_nano_seconds=cri.UInt64Value(value=used.cpu_ns)
    )


def memory(used: CgroupStats) -> cri.MemoryUsage | None:
    """Memory, with the working set that kubelet evicts by."""
    if used.memory is None:
        return None
    available = used.memory.available_bytes
    return cri.MemoryUsage(
        timestamp=used.timestamp_ns,
        working_set_bytes=cri.UInt64Value(value=used.memory.working_set_bytes),
        available_bytes=None if available is None else cri.UInt64Value(value=available),
        usage_bytes=cri.UInt64Value(value=used.memory.usage_bytes),
        rss_bytes=cri.UInt64Value(value=used.memory.rss_bytes),
        page_faults=cri.UInt64Value(value=used.memory.page_faults),
        major_page_faults=cri.UInt64Value(value=used.memory.major_page_faults),
    )


def swap(used: CgroupStats) -> cri.SwapUsage | None:
    """Swap in use."""
    if used.memory is None:
        return None
    return cri.SwapUsage(
        timestamp=used.timestamp_ns,
        swap_usage_bytes=cri.UInt64Value(value=used.memory.swap_bytes),
    )


def processes(used: CgroupStats) -> cri.ProcessUsage | None:
    """How many tasks, threads included."""
    if used.pids is None:
        return None
    return cri.ProcessUsage(
        timestamp=used.timestamp_ns, process_count=cri.UInt64Value(value=used.pids)
    )


def filesystem(used: Usage, folder: Path) -> cri.FilesystemUsage:
    """What lies in a folder, which names the file system."""
    return cri.FilesystemUsage(
        timestamp=used.timestamp_ns,
        fs_id=cri.FilesystemIdentifier(mountpoint=str(folder)),
        used_bytes=cri.UInt64Value(value=used.used_bytes),
        inodes_used=cri.UInt64Value(value=used.inodes),
    )


def container(
    container_id: str,
    described: cri.Container | cri.ContainerConfig,
    used: CgroupStats,
    layer: cri.FilesystemUsage | None,
) -> cri.ContainerStats:
    """All of one container; `described` has its metadata, labels and annotations."""
    return cri.ContainerStats(
        attributes=cri.ContainerAttributes(
            id=container_id,
            metadata=described.metadata,
            labels=described.labels,
            annotations=described.annotations,
        ),
        cpu=cpu(used),
        memory=memory(used),
        swap=swap(used),
        writable_layer=layer,
    )


def pod(
    sandbox_id: str,
    config: cri.PodSandboxConfig,
    used: CgroupStats,
    *,
    network: cri.NetworkUsage | None,
    containers: Iterable[cri.ContainerStats],
) -> cri.PodSandboxStats:
    """All of one pod."""
    return cri.PodSandboxStats(
        attributes=cri.PodSandboxAttributes(
            id=sandbox_id,
            metadata=config.metadata,
            labels=config.labels,
            annotations=config.annotations,
        ),
        linux=cri.LinuxPodSandboxStats(
            cpu=cpu(used),
            memory=memory(used),
            network=network,
            process=processes(used),
            containers=containers,
        ),
    )
