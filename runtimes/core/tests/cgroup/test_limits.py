"""Which value goes into which file, on v1 and on v2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cgroup import limits

if TYPE_CHECKING:
    from runtimes.core.cgroup.resources import Resources

MIB = 1 << 20


def _files(resources: Resources, *, v2: bool) -> dict[str, str]:
    return {write.file: write.value for write in limits.writes(resources, v2=v2)}


@pytest.mark.parametrize(
    ("shares", "weight"),
    [(0, 0), (1, 1), (2, 1), (512, 20), (1024, 39), (262_144, 10_000), (10**9, 10_000)],
)
def test_shares_become_the_weight_that_runtimes_compute(shares: int, weight: int) -> None:
    assert limits.shares_to_weight(shares) == weight


def test_cpu_on_v1_and_v2() -> None:
    resources: Resources = {"cpu": {"shares": 1024, "quota": 50_000, "period": 100_000}}

    assert _files(resources, v2=False) == {
        "cpu.shares": "1024",
        "cpu.cfs_period_us": "100000",
        "cpu.cfs_quota_us": "50000",
    }
    assert _files(resources, v2=True) == {"cpu.weight": "39", "cpu.max": "50000 100000"}


def test_an_unlimited_quota_on_v2_is_max_with_a_period() -> None:
    assert _files({"cpu": {"quota": -1}}, v2=True) == {"cpu.max": "max 100000"}


def test_swap_is_counted_with_memory_on_v1_and_alone_on_v2() -> None:
    resources: Resources = {"memory": {"limit": 64 * MIB, "swap": 96 * MIB}}

    assert _files(resources, v2=False) == {
        "memory.limit_in_bytes": str(64 * MIB),
        "memory.memsw.limit_in_bytes": str(96 * MIB),
    }
    assert _files(resources, v2=True) == {
        "memory.max": str(64 * MIB),
        "memory.swap.max": str(32 * MIB),
    }


def test_unlimited_is_minus_one_on_v1_and_max_on_v2() -> None:
    resources: Resources = {"memory": {"limit": -1, "swap": -1}, "pids": {"limit": -1}}

    assert _files(resources, v2=True) == {
        "memory.max": "max",
        "memory.swap.max": "max",
        "pids.max": "max",
    }
    assert _files(resources, v2=False)["memory.limit_in_bytes"] == "-1"


@pytest.mark.parametrize("memory", [{"limit": 64 * MIB, "swap": 32 * MIB}, {"swap": 32 * MIB}])
def test_less_swap_than_memory_is_refused_on_v2(memory: dict[str, int]) -> None:
    with pytest.raises(errors.InvalidArgument, match="must not be the smaller"):
        limits.writes({"memory": memory}, v2=True)  # type: ignore[typeddict-item]


def test_cpusets_pids_and_hugepages() -> None:
    resources: Resources = {
        "cpu": {"cpus": "0-1", "mems": "0"},
        "pids": {"limit": 9},
        "hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}],
    }

    assert _files(resources, v2=False) == {
        "cpuset.cpus": "0-1",
        "cpuset.mems": "0",
        "pids.max": "9",
        "hugetlb.2MB.limit_in_bytes": str(4 * MIB),
    }
    assert _files(resources, v2=True)["hugetlb.2MB.max"] == str(4 * MIB)


def test_unified_settings_go_to_the_controller_that_their_name_begins_with() -> None:
    found = limits.writes({"unified": {"memory.high": "1000"}}, v2=True)

    assert found == (limits.Write("memory", "memory.high", "1000"),)


def test_unified_settings_are_refused_on_v1() -> None:
    with pytest.raises(errors.InvalidArgument, match="need cgroup v2"):
        limits.writes({"unified": {"memory.high": "1000"}}, v2=False)


def test_nothing_asked_writes_nothing() -> None:
    assert limits.writes({}, v2=False) == limits.writes({}, v2=True) == ()
