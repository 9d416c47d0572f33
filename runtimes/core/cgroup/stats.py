"""Read what a cgroup uses, straight from its files: four to six reads, about 0.1 ms.

Source: cgroup-v1/*, cgroup-v2.txt; working set as kubelet and cAdvisor compute it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import tree
from runtimes.core.cgroup.files import Files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.cgroup.layout import Layout

NO_LIMIT = 1 << 60
"""v1 writes the largest page-aligned number where nothing is limited."""


@dataclass(frozen=True, slots=True)
class MemoryStats:
    """Bytes and counts; working set = usage less the inactive page cache."""

    usage_bytes: int = 0
    working_set_bytes: int = 0
    rss_bytes: int = 0
    page_faults: int = 0
    major_page_faults: int = 0
    swap_bytes: int = 0
    limit_bytes: int | None = None

    @property
    def available_bytes(self) -> int | None:
        """What is left below the limit; None without one."""
        if self.limit_bytes is None:
            return None
        return max(0, self.limit_bytes - self.working_set_bytes)


@dataclass(frozen=True, slots=True)
class IoStats:
    read_bytes: int = 0
    written_bytes: int = 0


@dataclass(frozen=True, slots=True)
class CgroupStats:
    """One moment of one cgroup; None where the controller isn't there.

    Attributes:
        timestamp_ns: since the epoch.
        cpu_ns: CPU time used since the cgroup was made.
        pids: how many tasks, threads included.
    """

    timestamp_ns: int
    cpu_ns: int | None
    memory: MemoryStats | None
    pids: int | None
    io: IoStats | None


@dataclass(frozen=True, slots=True)
class Pressure:
    """One line of a pressure file: the share of time stalled, and the total in µs."""

    avg10: float
    avg60: float
    avg300: float
    total_us: int


def read(layout: Layout, path: str) -> CgroupStats:
    """Read all there is of the cgroup `path`, those below included.

    Raises:
        NotFound: no such cgroup.
    """
    files = Files(layout, path)
    now = time.time_ns()
    stats = CgroupStats(
        timestamp_ns=now,
        cpu_ns=_cpu(files),
        memory=_memory(files),
        pids=files.number("pids", "pids.current"),
        io=_io(files),
    )
    nothing_read = stats.cpu_ns is None and stats.memory is None and stats.pids is None
    if nothing_read and not tree.exists(layout, path):
        raise errors.NotFound(f"read the usage of cgroup {path}: no such cgroup")
    return stats


def pressure(layout: Layout, path: str, resource: str) -> Mapping[str, Pressure]:
    """Read ``some`` and ``full`` of `resource` (cpu, memory, io); empty where not accounted.

    Only v2 has it.
    """
    text = Files(layout, path).text(resource, f"{resource}.pressure") if layout.is_v2 else None
    return {line.split()[0]: _pressure(line) for line in (text or "").splitlines()}


def _pressure(line: str) -> Pressure:
    fields = dict(pair.split("=") for pair in line.split()[1:])
    return Pressure(
        float(fields["avg10"]),
        float(fields["avg60"]),
        float(fields["avg300"]),
        int(fields["total"]),
    )


def _cpu(files: Files) -> int | None:
    if files.is_v2:
        usage = files.pairs("cpu", "cpu.stat").get("usage_usec")
        return None if usage is None else usage * 1000
    return files.number("cpuacct", "cpuacct.usage")


def _memory(files: Files) -> MemoryStats | None:
    usage = files.number("memory", "memory.current" if files.is_v2 else "memory.usage_in_bytes")
    if usage is None:
        return None
    details = files.pairs("memory", "memory.stat")
    prefix, rss, limit = "total_", "total_rss", "memory.limit_in_bytes"
    if files.is_v2:
        prefix, rss, limit = "", "anon", "memory.max"
        details["swap"] = files.number("memory", "memory.swap.current") or 0
    ceiling = files.number("memory", limit)
    return MemoryStats(
        usage_bytes=usage,
        working_set_bytes=max(0, usage - details.get(f"{prefix}inactive_file", 0)),
        rss_bytes=details.get(rss, 0),
        page_faults=details.get(f"{prefix}pgfault", 0),
        major_page_faults=details.get(f"{prefix}pgmajfault", 0),
        swap_bytes=details.get(f"{prefix}swap", 0),
        limit_bytes=None if ceiling is None or ceiling >= NO_LIMIT else ceiling,
    )


def _io(files: Files) -> IoStats | None:
    if files.is_v2:
        text = files.text("io", "io.stat")
        return None if text is None else IoStats(_sum(text, "rbytes="), _sum(text, "wbytes="))
    text = files.text("blkio", "blkio.throttle.io_service_bytes_recursive")
    return None if text is None else IoStats(_sum_v1(text, "Read"), _sum_v1(text, "Write"))


def _sum(text: str, key: str) -> int:
    return sum(int(word.removeprefix(key)) for word in text.split() if word.startswith(key))


def _sum_v1(text: str, kind: str) -> int:
    rows = (line.split() for line in text.splitlines())
    return sum(int(row[2]) for row in rows if len(row) == 3 and row[1] == kind)
