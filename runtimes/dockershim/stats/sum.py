"""A pod's use as the sum of its containers', where it has no cgroup of its own. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cgroup.stats import CgroupStats, MemoryStats

if TYPE_CHECKING:
    from collections.abc import Sequence


def total(parts: Sequence[CgroupStats], timestamp_ns: int) -> CgroupStats:
    """Add up what is accounted; a limit holds for one container, not for the sum."""
    memories = [part.memory for part in parts if part.memory is not None]
    return CgroupStats(
        timestamp_ns=timestamp_ns,
        cpu_ns=sum(part.cpu_ns or 0 for part in parts),
        memory=_memory(memories) if memories else None,
        pids=sum(part.pids or 0 for part in parts),
        io=None,
    )


def _memory(parts: Sequence[MemoryStats]) -> MemoryStats:
    return MemoryStats(
        usage_bytes=sum(part.usage_bytes for part in parts),
        working_set_bytes=sum(part.working_set_bytes for part in parts),
        rss_bytes=sum(part.rss_bytes for part in parts),
        page_faults=sum(part.page_faults for part in parts),
        major_page_faults=sum(part.major_page_faults for part in parts),
        swap_bytes=sum(part.swap_bytes for part in parts),
    )
