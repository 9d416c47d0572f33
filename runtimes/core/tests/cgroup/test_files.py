"""Stats and OOM counts out of trees of files, of both versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cgroup import limits, oom, stats, tree
from runtimes.core.cgroup.layout import Layout, Version

if TYPE_CHECKING:
    from pathlib import Path

V2_FILES = {
    "cpu.stat": "usage_usec 1500\nuser_usec 1000\n",
    "memory.current": "10000\n",
    "memory.max": "16384\n",
    "memory.swap.current": "512\n",
    "memory.stat": "anon 6000\nfile 3000\ninactive_file 1000\npgfault 7\npgmajfault 2\n",
    "memory.events": "low 0\nhigh 0\nmax 9\noom 1\noom_kill 3\n",
    "memory.pressure": (
        "some avg10=1.50 avg60=0.25 avg300=0.00 total=99\n"
        "full avg10=0.50 avg60=0.00 avg300=0.00 total=42\n"
    ),
    "pids.current": "4\n",
    "io.stat": "254:0 rbytes=100 wbytes=200 rios=1 wios=2\n254:16 rbytes=11 wbytes=22 rios=1\n",
    "cgroup.controllers": "cpu memory pids io\n",
    "cgroup.subtree_control": "",
}
V1_FILES = {
    "cpuacct/x/cpuacct.usage": "1500000\n",
    "memory/x/memory.usage_in_bytes": "10000\n",
    "memory/x/memory.limit_in_bytes": "9223372036854771712\n",
    "memory/x/memory.stat": (
        "rss 1\ninactive_file 1\ntotal_rss 6000\ntotal_inactive_file 1000\n"
        "total_pgfault 7\ntotal_pgmajfault 2\ntotal_swap 512\n"
    ),
    "memory/x/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "pids/x/pids.current": "4\n",
    "blkio/x/blkio.throttle.io_service_bytes_recursive": (
        "254:0 Read 100\n254:0 Write 200\n254:0 Total 300\n254:16 Read 11\n254:16 Write 22\n"
        "Total 333\n"
    ),
}


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def v2(tmp_path: Path) -> Layout:
    _write(tmp_path / "x", V2_FILES)
    return Layout(Version.V2, {}, tmp_path, frozenset({"cpu", "memory", "pids", "io"}), {"": "/"})


@pytest.fixture
def v1(tmp_path: Path) -> Layout:
    _write(tmp_path, V1_FILES)
    names = ("cpuacct", "memory", "pids", "blkio")
    return Layout(Version.V1, {name: tmp_path / name for name in names}, None, frozenset(), {})


def test_v1_and_v2_tell_the_same_usage(tmp_path: Path) -> None:
    _write(tmp_path / "two/x", V2_FILES)
    _write(tmp_path / "one", V1_FILES)
    two = Layout(Version.V2, {}, tmp_path / "two", frozenset(), {})
    names = ("cpuacct", "memory", "pids", "blkio")
    one = Layout(Version.V1, {n: tmp_path / "one" / n for n in names}, None, frozenset(), {})

    for found, limit in ((stats.read(one, "/x"), None), (stats.read(two, "/x"), 16384)):
        assert found.cpu_ns == 1_500_000
        assert found.pids == 4
        assert found.io == stats.IoStats(read_bytes=111, written_bytes=222)
        assert found.memory == stats.MemoryStats(
            usage_bytes=10000,
            working_set_bytes=9000,
            rss_bytes=6000,
            page_faults=7,
            major_page_faults=2,
            swap_bytes=512,
            limit_bytes=limit,
        )


def test_available_memory_is_what_the_limit_leaves(v2: Layout) -> None:
    memory = stats.read(v2, "/x").memory

    assert memory is not None
    assert memory.available_bytes == 16384 - 9000


def test_available_memory_of_an_unlimited_cgroup_is_unknown(v1: Layout) -> None:
    memory = stats.read(v1, "/x").memory

    assert memory is not None
    assert memory.available_bytes is None


def test_a_controller_that_is_not_mounted_leaves_none(v1: Layout) -> None:
    only_memory = Layout(Version.V1, {"memory": v1.hierarchies["memory"]}, None, frozenset(), {})

    found = stats.read(only_memory, "/x")

    assert found.cpu_ns is None
    assert found.pids is None
    assert found.memory is not None


def test_stats_of_an_absent_cgroup_are_not_found(v2: Layout) -> None:
    with pytest.raises(errors.NotFound, match="/absent"):
        stats.read(v2, "/absent")


def test_pressure_reads_both_lines_on_v2_and_nothing_on_v1(v2: Layout, v1: Layout) -> None:
    found = stats.pressure(v2, "/x", "memory")

    assert found["some"] == stats.Pressure(avg10=1.5, avg60=0.25, avg300=0.0, total_us=99)
    assert found["full"].total_us == 42
    assert stats.pressure(v1, "/x", "memory") == {}


def test_oom_kills_are_read_on_both_versions(v2: Layout, v1: Layout) -> None:
    assert oom.oom_kills(v2, "/x") == oom.oom_kills(v1, "/x") == 3
    assert oom.oom_kills(v2, "/absent") == 0


@pytest.mark.parametrize(
    ("exit_code", "kills", "verdict"),
    [(137, 1, True), (137, 0, False), (0, 1, False), (1, 2, False)],
)
def test_only_sigkill_with_an_oom_kill_is_oom_killed(
    exit_code: int, kills: int, verdict: bool
) -> None:
    assert oom.was_oom_killed(exit_code, kills) is verdict


def test_swap_is_limited_where_the_kernel_accounts_it(v2: Layout, tmp_path: Path) -> None:
    (tmp_path / "x/memory.max").write_text("max\n")
    assert not limits.limits_swap(v2)

    (tmp_path / "x/memory.swap.max").write_text("max\n")
    assert limits.limits_swap(v2)


def test_without_any_cgroup_on_v2_a_kernel_with_swap_is_taken_to_account_it(
    tmp_path: Path,
) -> None:
    layout = Layout(Version.V2, {}, tmp_path, frozenset({"memory"}), {})
    assert not limits.limits_swap(layout, tmp_path)

    (tmp_path / "swaps").touch()
    assert limits.limits_swap(layout, tmp_path)


def test_creating_on_v2_hands_controllers_down_to_the_parents(tmp_path: Path) -> None:
    root = {"cgroup.controllers": "cpu rdma memory\n", "cgroup.subtree_control": "memory\n"}
    _write(tmp_path, root)
    _write(tmp_path / "pods", root)
    layout = Layout(Version.V2, {}, tmp_path, frozenset({"cpu", "memory"}), {})

    assert tree.create(layout, "/pods/a")

    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu"
    assert (tmp_path / "pods/cgroup.subtree_control").read_text() == "+cpu"
    assert (tmp_path / "pods/a").is_dir()
