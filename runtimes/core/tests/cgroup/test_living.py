"""The cgroup functions on the running host's own cgroups."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cgroup import freezer, kill, limits, oom, stats, tree
from runtimes.core.cgroup import layout as layouts

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Spawn = Callable[[str, str], subprocess.Popen[bytes]]

pytestmark = [pytest.mark.needs_root]

HOLDS_16_MIB = 'import time;held=b"x"*(16<<20);print("held",flush=True);time.sleep(60)'
FORKING = "while :; do sleep 60 & sleep 60 & sleep 60 & break; done; setsid sleep 60 & wait"


def test_create_makes_it_in_every_hierarchy_and_tells_whether_it_was_new(
    layout: layouts.Layout, path: str
) -> None:
    assert tree.create(layout, f"{path}/inner")
    assert not tree.create(layout, f"{path}/inner")
    assert all(place.is_dir() for place in layout.directories(f"{path}/inner"))


def test_remove_takes_what_is_below_and_is_idempotent(layout: layouts.Layout, path: str) -> None:
    tree.create(layout, f"{path}/a/b")

    tree.remove(layout, path)
    tree.remove(layout, path)

    assert not tree.exists(layout, path)


def test_remove_names_the_processes_that_still_live_there(
    layout: layouts.Layout, path: str, spawn_in: Spawn
) -> None:
    tree.create(layout, path)
    process = spawn_in(path, "exec sleep 60")

    with pytest.raises(errors.FailedPrecondition, match=str(process.pid)):
        tree.remove(layout, path, timeout=0.05)


def test_processes_lists_those_of_child_cgroups_too(
    layout: layouts.Layout, path: str, spawn_in: Spawn
) -> None:
    tree.create(layout, f"{path}/a")
    process = spawn_in(f"{path}/a", "exec sleep 60")

    assert tree.processes(layout, path) == {process.pid}


def test_kill_all_ends_a_tree_whose_members_left_their_session(
    layout: layouts.Layout, path: str, spawn_in: Spawn
) -> None:
    tree.create(layout, path)
    process = spawn_in(path, FORKING)
    started = time.monotonic()

    kill.kill_all(layout, path)

    assert process.wait(5) == -9
    assert tree.processes(layout, path) == frozenset()
    assert time.monotonic() - started < 5


def test_kill_all_of_an_absent_cgroup_is_fine(layout: layouts.Layout) -> None:
    kill.kill_all(layout, "/runtimes-test-absent")


def test_kill_all_refuses_to_kill_this_process(layout: layouts.Layout) -> None:
    with pytest.raises(errors.InvalidArgument, match="this process lives there"):
        kill.kill_all(layout, "/")


def test_freeze_stops_the_processes_and_thaw_resumes_them(
    layout: layouts.Layout, path: str, spawn_in: Spawn
) -> None:
    tree.create(layout, path)
    process = spawn_in(path, "while :; do :; done")

    freezer.freeze(layout, path)
    frozen_at = stats.read(layout, path).cpu_ns
    time.sleep(0.05)

    assert freezer.is_frozen(layout, path)
    assert stats.read(layout, path).cpu_ns == frozen_at
    freezer.thaw(layout, path)
    assert not freezer.is_frozen(layout, path)
    assert process.poll() is None


def test_freeze_of_an_absent_cgroup_is_not_found(layout: layouts.Layout) -> None:
    with pytest.raises(errors.NotFound):
        freezer.freeze(layout, "/runtimes-test-absent")


def test_update_sets_limits_that_the_files_show(layout: layouts.Layout, path: str) -> None:
    tree.create(layout, path)

    limits.update(
        layout,
        path,
        {
            "cpu": {"shares": 512, "quota": 20_000, "period": 100_000},
            "memory": {"limit": 64 << 20},
            "pids": {"limit": 17},
        },
    )

    assert (layout.directory("pids", path) / "pids.max").read_text() == "17\n"  # type: ignore[operator]
    used = stats.read(layout, path).memory
    assert used is not None
    assert used.limit_bytes == 64 << 20


def test_update_can_raise_and_lower_memory_with_its_swap_in_either_order(
    layout: layouts.Layout, path: str
) -> None:
    if not limits.limits_swap(layout):
        pytest.skip("the kernel doesn't account swap per cgroup")
    tree.create(layout, path)

    for size in (64 << 20, 256 << 20, 32 << 20):
        limits.update(layout, path, {"memory": {"limit": size, "swap": size}})
        used = stats.read(layout, path).memory
        assert used is not None
        assert used.limit_bytes == size


def test_update_puts_everything_back_when_one_value_is_refused(
    layout: layouts.Layout, path: str
) -> None:
    tree.create(layout, path)
    limits.update(layout, path, {"pids": {"limit": 17}, "memory": {"limit": 64 << 20}})

    with pytest.raises(errors.InvalidArgument):
        limits.update(layout, path, {"memory": {"limit": 32 << 20}, "cpu": {"quota": 1}})

    used = stats.read(layout, path).memory
    assert used is not None
    assert used.limit_bytes == 64 << 20


def test_update_of_an_absent_cgroup_is_not_found(layout: layouts.Layout) -> None:
    with pytest.raises(errors.NotFound):
        limits.update(layout, "/runtimes-test-absent", {"pids": {"limit": 3}})


def test_stats_count_cpu_memory_pids(layout: layouts.Layout, path: str, spawn_in: Spawn) -> None:
    tree.create(layout, path)
    process = spawn_in(path, f"exec {sys.executable} -S -c '{HOLDS_16_MIB}'")
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"

    used = stats.read(layout, path)

    assert used.pids == 1
    assert used.cpu_ns is not None
    assert used.cpu_ns > 0
    assert used.memory is not None
    assert 0 < used.memory.working_set_bytes <= used.memory.usage_bytes
    assert used.memory.rss_bytes >= 16 << 20


def test_stats_of_an_absent_cgroup_are_not_found(layout: layouts.Layout) -> None:
    with pytest.raises(errors.NotFound):
        stats.read(layout, "/runtimes-test-absent")


def test_oom_kill_is_counted_and_survives_the_process(
    layout: layouts.Layout, path: str, spawn_in: Spawn
) -> None:
    tree.create(layout, path)
    limits.update(layout, path, {"memory": {"limit": 8 << 20}})
    assert oom.oom_kills(layout, path) == 0
    process = spawn_in(path, "exec tail /dev/zero")

    code = 128 - process.wait(20)

    assert oom.was_oom_killed(code, oom.oom_kills(layout, path))
