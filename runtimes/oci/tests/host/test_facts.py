"""What is read of a host, from a tree that looks like one and from the running one."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cgroup.layout import Version
from runtimes.core.host import capabilities
from runtimes.oci.host import facts

if TYPE_CHECKING:
    from pathlib import Path

ALL_BUT_SYS_RESOURCE = "000001fffeffffff"
STATUS = "Name:\tx\nCapEff:\t{eff}\nCapBnd:\t{bnd}\nSeccomp:\t0\n"
MOUNTINFO = "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    here = tmp_path / "proc/self"
    here.mkdir(parents=True)
    (here / "mountinfo").write_text(MOUNTINFO)
    (here / "cgroup").write_text("4:memory:/jobs\n")
    (here / "status").write_text(STATUS.format(eff=ALL_BUT_SYS_RESOURCE, bnd="1"))
    (here / "uid_map").write_text("         0          0 4294967295\n")
    (here / "oom_score_adj").write_text("100\n")
    (tmp_path / "proc/filesystems").write_text("nodev\tproc\nnodev\toverlay\n\text4\n")
    return tmp_path


def test_capabilities_are_read_by_name(host: Path) -> None:
    found = facts.detect(host)

    assert "CAP_SYS_RESOURCE" not in found.capabilities
    assert found.can("CAP_SYS_ADMIN")
    assert found.bounding == {"CAP_CHOWN"}
    assert len(found.capabilities) == len(capabilities.NAMES) - 1


def test_without_sys_resource_oom_scores_stay_above_our_own_and_limits_below(host: Path) -> None:
    found = facts.detect(host)

    assert found.oom_score_adj_floor == 100
    assert not found.can_raise_rlimits
    assert found.rlimits["RLIMIT_NOFILE"] == resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def test_with_sys_resource_everything_goes(host: Path) -> None:
    status = STATUS.format(eff="000001ffffffffff", bnd="000001ffffffffff")
    (host / "proc/self/status").write_text(status)

    found = facts.detect(host)

    assert found.oom_score_adj_floor == -1000
    assert found.can_raise_rlimits


def test_capabilities_of_a_user_namespace_do_not_reach_the_host(host: Path) -> None:
    status = STATUS.format(eff="000001ffffffffff", bnd="000001ffffffffff")
    (host / "proc/self/status").write_text(status)
    (host / "proc/self/uid_map").write_text("0 1000 1\n1 100000 65536\n")

    found = facts.detect(host)

    assert found.in_user_namespace
    assert not found.can_raise_rlimits
    assert found.oom_score_adj_floor == 100


def test_security_modules_and_file_systems_are_seen(host: Path) -> None:
    bare = facts.detect(host)
    assert not bare.apparmor
    assert not bare.selinux
    assert bare.overlay
    assert bare.seccomp

    (host / "sys/module/apparmor/parameters").mkdir(parents=True)
    (host / "sys/module/apparmor/parameters/enabled").write_text("Y\n")
    (host / "sys/fs/selinux").mkdir(parents=True)
    (host / "sys/fs/selinux/enforce").write_text("1")
    (host / "proc/filesystems").write_text("nodev\tproc\n")
    rich = facts.detect(host)
    assert rich.apparmor
    assert rich.selinux
    assert not rich.overlay


def test_overlay_as_a_module_that_is_not_loaded_yet_counts(host: Path) -> None:
    (host / "proc/filesystems").write_text("nodev\tproc\n")
    modules = host / "lib/modules" / os.uname().release
    modules.mkdir(parents=True)
    (modules / "modules.dep").write_text("kernel/fs/overlayfs/overlay.ko.xz:\n")

    assert facts.detect(host).overlay


def test_a_kernel_without_seccomp_is_seen(host: Path) -> None:
    (host / "proc/self/status").write_text("CapEff:\t0\nCapBnd:\t0\n")

    assert not facts.detect(host).seccomp


def test_a_host_without_cgroups_is_told_so(host: Path) -> None:
    (host / "proc/self/mountinfo").write_text("")

    with pytest.raises(errors.FailedPrecondition, match="cgroup"):
        facts.detect(host)


@pytest.mark.parametrize(
    ("release", "version"),
    [("6.18.44-fc-v669", (6, 18)), ("5.4", (5, 4)), ("4.18.0-553.el8", (4, 18)), ("odd", (0, 0))],
)
def test_kernel_versions_are_read_from_releases(release: str, version: tuple[int, int]) -> None:
    assert facts.kernel_version(release) == version


def test_the_running_host_is_read_once() -> None:
    found = facts.host_facts()

    assert found is facts.host_facts()
    assert found.kernel > (3, 0)
    assert found.cgroup.version in Version
