"""CPU time, throttling, and the limits that cause it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runtimes.core.cgroup.limits import weight_to_shares
from runtimes.core.metrics.family import COUNTER, Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.files import Files

USAGE = Family("container_cpu_usage_seconds_total", "CPU time used, in seconds.", COUNTER, ("cpu",))
USER = Family(
    "container_cpu_user_seconds_total", "CPU time used in user mode, in seconds.", COUNTER
)
SYSTEM = Family(
    "container_cpu_system_seconds_total", "CPU time used in the kernel, in seconds.", COUNTER
)
PERIODS = Family(
    "container_cpu_cfs_periods_total", "Periods in which the CPU quota was enforced.", COUNTER
)
THROTTLED_PERIODS = Family(
    "container_cpu_cfs_throttled_periods_total", "Periods in which the quota ran out.", COUNTER
)
THROTTLED = Family(
    "container_cpu_cfs_throttled_seconds_total",
    "How long it waited for a new quota, in seconds.",
    COUNTER,
)
PERIOD = Family("container_spec_cpu_period", "Period of the CPU quota, in microseconds.")
QUOTA = Family("container_spec_cpu_quota", "CPU time for each period, in microseconds.")
SHARES = Family("container_spec_cpu_shares", "CPU shares, as cgroup v1 counts them.")
FAMILIES = (
    *(USAGE, USER, SYSTEM, PERIODS, THROTTLED_PERIODS, THROTTLED),
    *(PERIOD, QUOTA, SHARES),
)
_ALL_CPUS = ("total",)


def samples(files: Files) -> Iterator[Sample]:
    """What the cgroup's cpu controllers tell."""
    yield from _v2(files) if files.is_v2 else _v1(files)


def _v2(files: Files) -> Iterator[Sample]:
    found = files.pairs("cpu", "cpu.stat")
    for family, key, more in (
        (USAGE, "usage_usec", _ALL_CPUS),
        (USER, "user_usec", ()),
        (SYSTEM, "system_usec", ()),
        (THROTTLED, "throttled_usec", ()),
    ):
        if key in found:
            yield Sample(family, found[key] // 1_000_000, more)
    yield from _periods(found)
    quota, _, period = (files.text("cpu", "cpu.max") or "").partition(" ")
    if period:
        yield Sample(PERIOD, int(period))
    if quota.isdecimal():
        yield Sample(QUOTA, int(quota))
    weight = files.number("cpu", "cpu.weight")
    if weight is not None:
        yield Sample(SHARES, weight_to_shares(weight))


def _v1(files: Files) -> Iterator[Sample]:
    usage_ns = files.number("cpuacct", "cpuacct.usage")
    if usage_ns is not None:
        yield Sample(USAGE, usage_ns // 1_000_000_000, _ALL_CPUS)
    ticks = files.pairs("cpuacct", "cpuacct.stat")
    for family, key in ((USER, "user"), (SYSTEM, "system")):
        if key in ticks:
            yield Sample(family, ticks[key] // os.sysconf("SC_CLK_TCK"))
    found = files.pairs("cpu", "cpu.stat")
    yield from _periods(found)
    if "throttled_time" in found:
        yield Sample(THROTTLED, found["throttled_time"] // 1_000_000_000)
    for family, name in (
        (PERIOD, "cpu.cfs_period_us"),
        (QUOTA, "cpu.cfs_quota_us"),
        (SHARES, "cpu.shares"),
    ):
        value = files.number("cpu", name)
        if value is not None:
            yield Sample(family, value)


def _periods(found: dict[str, int]) -> Iterator[Sample]:
    for family, key in ((PERIODS, "nr_periods"), (THROTTLED_PERIODS, "nr_throttled")):
        if key in found:
            yield Sample(family, found[key])
