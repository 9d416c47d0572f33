"""Set a cgroup's limits from the OCI resources: all of them, or none.

Source: runtime-spec config-linux.md (resources), cgroup-v1/*, cgroup-v2.txt; the shares to
weight rule of runc and crun.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.layout import Layout
    from runtimes.core.cgroup.resources import Cpu, Memory, Resources

DEFAULT_PERIOD = 100_000
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Write:
    """One value for one file of one controller."""

    controller: str
    file: str
    value: str


def shares_to_weight(shares: int) -> int:
    """v1's cpu.shares (2..262144) as v2's cpu.weight (1..10000); 0 stays 0, unset."""
    if shares == 0:
        return 0
    return 1 + (min(max(shares, 2), 262_144) - 2) * 9999 // 262_142


def weight_to_shares(weight: int) -> int:
    """The fewest cpu.shares that become this cpu.weight."""
    return 2 - (1 - weight) * 262_142 // 9999


def writes(resources: Resources, *, v2: bool) -> tuple[Write, ...]:
    """What to write where for these resources; devices excepted, which only a runtime can set.

    Raises:
        InvalidArgument: `unified` keys on v1, or on v2 a swap limit below the memory limit.
    """
    found = [
        *_cpu(resources.get("cpu", {}), v2=v2),
        *_memory(resources.get("memory", {}), v2=v2),
        *_hugepages(resources, v2=v2),
        *_unified(resources, v2=v2),
    ]
    if "pids" in resources:
        found.append(Write("pids", "pids.max", _max(resources["pids"]["limit"])))
    return tuple(found)


def _max(value: int) -> str:
    return "max" if value < 0 else str(value)


def _cpu(cpu: Cpu, *, v2: bool) -> Iterator[Write]:
    if cpu.get("shares"):
        weight = str(shares_to_weight(cpu["shares"]))
        yield (
            Write("cpu", "cpu.weight", weight)
            if v2
            else Write("cpu", "cpu.shares", str(cpu["shares"]))
        )
    yield from _cpu_bandwidth(cpu, v2=v2)
    for key in ("cpus", "mems"):
        if cpu.get(key):
            yield Write("cpuset", f"cpuset.{key}", str(cpu.get(key)))


def _cpu_bandwidth(cpu: Cpu, *, v2: bool) -> Iterator[Write]:
    quota, period = cpu.get("quota", 0), cpu.get("period", 0)
    if v2:
        if quota or period:
            amount = str(quota) if quota > 0 else "max"
            yield Write("cpu", "cpu.max", f"{amount} {period or DEFAULT_PERIOD}")
        return
    if period:
        yield Write("cpu", "cpu.cfs_period_us", str(period))
    if quota:
        yield Write("cpu", "cpu.cfs_quota_us", str(quota))


def _memory(memory: Memory, *, v2: bool) -> Iterator[Write]:
    limit, swap, low = memory.get("limit", 0), memory.get("swap", 0), memory.get("reservation", 0)
    if not v2:
        names = (
            "memory.limit_in_bytes",
            "memory.memsw.limit_in_bytes",
            "memory.soft_limit_in_bytes",
        )
        values = (limit, swap, low)
        yield from (Write("memory", n, str(v)) for n, v in zip(names, values, strict=True) if v)
        return
    if limit:
        yield Write("memory", "memory.max", _max(limit))
    if swap:
        yield Write("memory", "memory.swap.max", _max(swap_only(limit, swap)))
    if low:
        yield Write("memory", "memory.low", _max(low))


def swap_only(limit: int, swap: int) -> int:
    """v2's swap limit from OCI's limit of memory and swap together; -1 is unlimited.

    Raises:
        InvalidArgument: swap is limited to less than the memory, or memory is not limited.
    """
    if swap == UNLIMITED:
        return UNLIMITED
    if limit <= 0 or swap < limit:
        raise errors.InvalidArgument(
            f"memory and swap together limited to {swap} bytes, memory alone to {limit}: "
            "the first must not be the smaller one"
        )
    return swap - limit


def _hugepages(resources: Resources, *, v2: bool) -> Iterator[Write]:
    suffix = "max" if v2 else "limit_in_bytes"
    for page in resources.get("hugepageLimits", []):
        yield Write("hugetlb", f"hugetlb.{page['pageSize']}.{suffix}", str(page["limit"]))


def _unified(resources: Resources, *, v2: bool) -> Iterator[Write]:
    unified = resources.get("unified", {})
    if unified and not v2:
        raise errors.InvalidArgument(
            f"unified cgroup settings {sorted(unified)} need cgroup v2; this host has v1"
        )
    yield from (Write(key.partition(".")[0], key, value) for key, value in unified.items())


def update(layout: Layout, path: str, resources: Resources) -> None:
    """Change the limits of a living cgroup; on failure the old ones are put back.

    Raises:
        NotFound: no such cgroup.
        InvalidArgument: the kernel refuses a value.
        FailedPrecondition: a controller isn't there, or memory can't shrink below what is used.
    """
    done: list[tuple[Path, str]] = []
    pending = writes(resources, v2=layout.is_v2)
    try:
        while pending:
            deferred = tuple(write for write in pending if not _apply(layout, path, write, done))
            if len(deferred) == len(pending):
                _apply(layout, path, deferred[0], done, last=True)
            pending = deferred
    except errors.Error:
        for file, old in reversed(done):
            _put_back(file, old)
        raise


def _apply(
    layout: Layout, path: str, write: Write, done: list[tuple[Path, str]], *, last: bool = False
) -> bool:
    """Write one value; False if it may go through after others, as limits bound each other."""
    directory = layout.directory(write.controller, path)
    if directory is None:
        raise errors.FailedPrecondition(
            f"set {write.file} of cgroup {path}: the host has no {write.controller} controller"
        )
    file = directory / write.file
    try:
        old = file.read_text().strip()
        file.write_text(write.value)
    except OSError as error:
        if error.errno in {errno.EINVAL, errno.EBUSY} and not last:
            return False
        raise _refused(file, write.value, error) from error
    done.append((file, old))
    return True


def _refused(file: Path, value: str, error: OSError) -> errors.Error:
    what = f"write {value} to {file}: {error.strerror}"
    if error.errno in {errno.ENOENT, errno.ENODEV}:
        if file.parent.is_dir():
            return errors.FailedPrecondition(f"{what}; this kernel can't limit that")
        return errors.NotFound(f"{what}; the cgroup is gone")
    if error.errno == errno.EBUSY:
        return errors.FailedPrecondition(f"{what}; more than that is in use")
    return errors.InvalidArgument(f"{what}; is it within the limits of the cgroups above?")


def _put_back(file: Path, old: str) -> None:
    try:
        file.write_text(old)
    except OSError:
        return


def limits_swap(layout: Layout, proc: Path = Path("/proc")) -> bool:
    """Whether the kernel accounts swap per cgroup, so that a swap limit can be set."""
    if not layout.is_v2 or layout.unified is None:
        memory = layout.hierarchies.get("memory")
        return memory is not None and (memory / "memory.memsw.limit_in_bytes").exists()
    with_memory = next(layout.unified.glob("*/memory.max"), None)
    if with_memory is None:
        return (proc / "swaps").exists()
    return with_memory.with_name("memory.swap.max").exists()
