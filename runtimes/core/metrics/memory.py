"""Memory in use, by kind, and its limits; and huge pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cgroup import oom, stats
from runtimes.core.metrics.family import COUNTER, Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.files import Files

USAGE = Family("container_memory_usage_bytes", "Memory in use, caches included.")
WORKING_SET = Family("container_memory_working_set_bytes", "Memory that can't be reclaimed.")
MOST = Family("container_memory_max_usage_bytes", "The most memory that was ever in use.")
RSS = Family("container_memory_rss", "Anonymous memory and swap cache, in bytes.")
CACHE = Family("container_memory_cache", "Page cache, in bytes.")
MAPPED = Family("container_memory_mapped_file", "Mapped files, in bytes.")
KERNEL = Family("container_memory_kernel_usage", "Memory of the kernel for it, in bytes.")
SWAP = Family("container_memory_swap", "Swap in use, in bytes.")
HITS = Family("container_memory_failcnt", "How often the limit was reached.", COUNTER)
FAULTS = Family(
    "container_memory_failures_total", "Page faults.", COUNTER, ("failure_type", "scope")
)
OOM = Family("container_oom_events_total", "Processes killed for lack of memory.", COUNTER)
LIMIT = Family("container_spec_memory_limit_bytes", "Memory limit; 0 is none.")
RESERVATION = Family(
    "container_spec_memory_reservation_limit_bytes", "Memory that is kept longest; 0 is none."
)
SWAP_LIMIT = Family("container_spec_memory_swap_limit_bytes", "Swap limit; 0 is none.")
HUGE = Family("container_hugetlb_usage_bytes", "Huge pages in use.", more=("pagesize",))
HUGE_MOST = Family(
    "container_hugetlb_max_usage_bytes",
    "The most huge pages that were ever in use, in bytes.",
    more=("pagesize",),
)
FAMILIES = (
    *(USAGE, WORKING_SET, MOST, RSS, CACHE, MAPPED, KERNEL, SWAP, HITS, FAULTS, OOM),
    *(LIMIT, RESERVATION, SWAP_LIMIT, HUGE, HUGE_MOST),
)
_V1 = {
    MOST: "memory.max_usage_in_bytes",
    HITS: "memory.failcnt",
    KERNEL: "memory.kmem.usage_in_bytes",
}
_V2 = {MOST: "memory.peak"}
_V1_DETAILS = {CACHE: "total_cache", MAPPED: "total_mapped_file"}
_V2_DETAILS = {CACHE: "file", MAPPED: "file_mapped", KERNEL: "kernel"}
_V1_LIMITS = {
    LIMIT: "memory.limit_in_bytes",
    RESERVATION: "memory.soft_limit_in_bytes",
    SWAP_LIMIT: "memory.memsw.limit_in_bytes",
}
_V2_LIMITS = {LIMIT: "memory.max", RESERVATION: "memory.low", SWAP_LIMIT: "memory.swap.max"}


def samples(files: Files) -> Iterator[Sample]:
    """What the cgroup's memory and hugetlb controllers tell."""
    used = stats.read(files.layout, files.path).memory
    if used is None:
        return
    yield Sample(USAGE, used.usage_bytes)
    yield Sample(WORKING_SET, used.working_set_bytes)
    yield Sample(RSS, used.rss_bytes)
    yield Sample(SWAP, used.swap_bytes)
    yield Sample(FAULTS, used.page_faults, ("pgfault", "container"))
    yield Sample(FAULTS, used.major_page_faults, ("pgmajfault", "container"))
    yield Sample(OOM, oom.oom_kills(files.layout, files.path))
    yield from _details(files)
    yield from _limits(files)
    yield from _huge(files)


def _details(files: Files) -> Iterator[Sample]:
    for family, name in (_V2 if files.is_v2 else _V1).items():
        value = files.number("memory", name)
        if value is not None:
            yield Sample(family, value)
    if files.is_v2:
        events = files.pairs("memory", "memory.events")
        yield Sample(HITS, events.get("max", 0))
    found = files.pairs("memory", "memory.stat")
    for family, key in (_V2_DETAILS if files.is_v2 else _V1_DETAILS).items():
        if key in found:
            yield Sample(family, found[key])


def _limits(files: Files) -> Iterator[Sample]:
    for family, name in (_V2_LIMITS if files.is_v2 else _V1_LIMITS).items():
        if files.text("memory", name) is not None:
            value = files.number("memory", name) or 0
            yield Sample(family, 0 if value >= stats.NO_LIMIT else value)


def _huge(files: Files) -> Iterator[Sample]:
    directory = files.layout.directory("hugetlb", files.path)
    ending = ".current" if files.is_v2 else ".usage_in_bytes"
    for file in [] if directory is None else sorted(directory.glob(f"hugetlb.*{ending}")):
        size = file.name.split(".")[1]
        for family, name in (
            (HUGE, file.name),
            (HUGE_MOST, f"hugetlb.{size}.max_usage_in_bytes"),
        ):
            value = files.number("hugetlb", name)
            if value is not None:
                yield Sample(family, value, (size,))
