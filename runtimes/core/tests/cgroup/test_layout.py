"""Layouts of hosts as their /proc tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.core.cgroup import layout as layouts
from runtimes.core.cgroup.layout import Version

V1 = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
"""
V1_MEMBER = "4:memory:/jobs/a\n2:cpu,cpuacct:/\n1:name=systemd:/init\n"
UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"


def test_v1_finds_each_controller_and_its_named_hierarchies() -> None:
    found = layouts.parse(V1, V1_MEMBER)

    assert found.version is Version.V1
    assert found.hierarchies == {
        "cpu": Path("/sys/fs/cgroup/cpu,cpuacct"),
        "cpuacct": Path("/sys/fs/cgroup/cpu,cpuacct"),
        "memory": Path("/sys/fs/cgroup/memory"),
        "name=systemd": Path("/sys/fs/cgroup/systemd"),
    }
    assert found.own == {
        "cpu": "/",
        "cpuacct": "/",
        "memory": "/jobs/a",
        "name=systemd": "/init",
    }


def test_hierarchies_mounted_together_make_one_directory_of_a_cgroup() -> None:
    found = layouts.parse(V1, V1_MEMBER)

    assert [str(place) for place in found.directories("/x/y")] == [
        "/sys/fs/cgroup/cpu,cpuacct/x/y",
        "/sys/fs/cgroup/memory/x/y",
        "/sys/fs/cgroup/systemd/x/y",
    ]


def test_hybrid_reads_what_cgroup2_holds(tmp_path: Path) -> None:
    unified = tmp_path / "sys/fs/cgroup/unified"
    unified.mkdir(parents=True)
    (unified / "cgroup.controllers").write_text("hugetlb\n")

    found = layouts.parse(V1 + UNIFIED, V1_MEMBER + "0::/\n", root=tmp_path)

    assert found.version is Version.HYBRID
    assert found.unified_controllers == {"hugetlb"}
    assert not found.has("hugetlb")
    assert unified / "x" in found.directories("/x")


def test_v2_has_one_directory_for_every_controller(tmp_path: Path) -> None:
    root = tmp_path / "sys/fs/cgroup"
    root.mkdir(parents=True)
    (root / "cgroup.controllers").write_text("cpu io memory pids\n")

    found = layouts.parse(V2, "0::/user.slice/session-2.scope\n", root=tmp_path)

    assert found.version is Version.V2
    assert found.directory("memory", "/x") == found.directory("pids", "/x") == root / "x"
    assert found.has("memory")
    assert not found.has("hugetlb")
    assert found.own == {"": "/user.slice/session-2.scope"}


def test_own_cgroup_is_told_relative_to_a_mount_of_a_part() -> None:
    mount = "32 31 0:29 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

    inside = layouts.parse(mount, "4:memory:/docker/abc/.hidden\n")
    outside = layouts.parse(mount, "4:memory:/elsewhere\n")

    assert inside.own["memory"] == "/.hidden"
    assert outside.own["memory"] == "/"


def test_a_later_mount_hides_an_earlier_one_on_the_same_point() -> None:
    covered = UNIFIED + "50 41 0:60 / /sys/fs/cgroup/unified rw - cgroup cgroup rw,memory\n"

    found = layouts.parse(covered, "4:memory:/\n")

    assert found.version is Version.V1


def test_mount_points_with_spaces_and_empty_sources_are_read() -> None:
    mount = (
        "31 23 0:28 / /other rw - tmpfs  rw\n"
        "32 31 0:29 / /cg\\040roup rw - cgroup cgroup rw,memory\n"
    )

    assert layouts.parse(mount, "4:memory:/\n").hierarchies == {"memory": Path("/cg roup")}


def test_a_host_without_cgroups_is_told_what_to_do() -> None:
    with pytest.raises(errors.FailedPrecondition, match="mount one on /sys/fs/cgroup"):
        layouts.parse("22 27 0:21 / /proc rw - proc proc rw\n", "")


def test_a_host_without_proc_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(errors.FailedPrecondition, match="is /proc mounted"):
        layouts.detect(tmp_path)


def test_detect_reads_a_tree_that_looks_like_a_host(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(V1)
    (tmp_path / "proc/self/cgroup").write_text(V1_MEMBER)

    found = layouts.detect(tmp_path)

    assert found.hierarchies["memory"] == tmp_path / "sys/fs/cgroup/memory"
