"""What processes see and may do in real containers, on each runtime."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from runtimes.core.cgroup import limits
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.capabilities import from_status
from runtimes.core.host.clamp import clamp_capabilities
from runtimes.oci.host import programs, syscalls
from runtimes.oci.spec import bind, capabilities, paths, process
from runtimes.oci.spec.host_files import LiveHostFiles
from runtimes.oci.spec.resources import convert
from runtimes.oci.tests.spec_containers import Containers, shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.oci.spec.schema import Device
pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]

MIB = 1 << 20


@pytest.fixture(params=["crun", "runc"])
def containers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Containers]:
    if programs.find(request.param) is None:
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain(f"{request.param} is not installed")
    with Containers(request.param, tmp_path) as made:
        yield made


def _id(value: int) -> cri.Int64Value:
    return cri.Int64Value(value=value)


def _caps(status: str, field: str = "CapEff") -> frozenset[str]:
    return from_status(status, field)


STATUS = "cat /proc/self/status"


def test_command_environment_and_directory(containers: Containers) -> None:
    config = shell("pwd; env | sort; exit 3")
    config.working_dir = "/made/here"
    config.envs.add(key="GREETING", value="héllo = world".encode())

    done = containers.run(config)

    assert (done.code, done.out.splitlines()[0]) == (3, "/made/here")
    assert "GREETING=héllo = world" in done.out
    assert "HOME=/root" in done.out
    assert "HOSTNAME=pod" in done.out


def test_user_group_and_groups(containers: Containers) -> None:
    by_name = shell("id; env", run_as_username="web", supplemental_groups=[7])
    by_number = shell("id", run_as_user=_id(1234), run_as_group=_id(5678))
    strict = shell(
        "id",
        run_as_username="web",
        supplemental_groups=[7],
        supplemental_groups_policy=cri.SupplementalGroupsPolicy.Strict,
    )

    named = containers.run(by_name).out
    assert "uid=33(web) gid=44(web) groups=" in named
    assert _groups(named) == {"44(web)", "55(logs)", "7"}
    assert "HOME=/srv/web" in named
    assert containers.run(by_number).out.strip() == "uid=1234 gid=5678 groups=5678"
    assert _groups(containers.run(strict).out) == {"44(web)", "7"}


def _groups(answer: str) -> set[str]:
    return set(answer.splitlines()[0].partition("groups=")[2].split(","))


def test_default_capabilities_are_the_defaults(containers: Containers) -> None:
    status = containers.run(shell(STATUS)).out

    granted = clamp_capabilities(capabilities.DEFAULT, containers.host)
    assert _caps(status) == _caps(status, "CapBnd") == granted
    assert _caps(status, "CapInh") == frozenset()


def test_dropped_capabilities_are_gone_and_added_ones_work(containers: Containers) -> None:
    none = shell(
        f"{STATUS}; chroot / true || echo refused",
        capabilities=cri.Capability(drop_capabilities=["ALL"]),
    )
    admin = shell(
        f"{STATUS}; mount -t tmpfs none /tmp && echo mounted",
        capabilities=cri.Capability(add_capabilities=["SYS_ADMIN"]),
    )

    done = containers.run(none).out
    assert _caps(done) == frozenset()
    assert "refused" in done
    assert "mounted" in containers.run(admin).out


def test_an_ambient_capability_reaches_an_ordinary_user(containers: Containers) -> None:
    asked = cri.Capability(drop_capabilities=["ALL"], add_ambient_capabilities=["NET_BIND_SERVICE"])

    status = containers.run(shell(STATUS, run_as_user=_id(1234), capabilities=asked)).out

    for field in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"):
        assert _caps(status, field) == {"CAP_NET_BIND_SERVICE"}, field


def test_privileged_gets_all_capabilities_devices_and_a_writable_sys(
    containers: Containers,
) -> None:
    script = f"{STATUS}; ls /dev; grep ' /sys ' /proc/mounts"

    done = containers.run(shell(script, privileged=True))

    assert _caps(done.out) == containers.host.bounding
    assert "kmsg" in done.out.split()
    assert "sysfs /sys sysfs rw" in done.out


def test_no_new_privileges(containers: Containers) -> None:
    assert "NoNewPrivs:\t1" in containers.run(shell(STATUS, no_new_privs=True)).out
    assert "NoNewPrivs:\t0" in containers.run(shell(STATUS)).out


def test_masked_and_read_only_paths(containers: Containers) -> None:
    hidden = shell(
        "head -c 1 /proc/keys | wc -c; ls /sys/firmware | wc -l;"
        "echo 1 2>/dev/null > /proc/sys/kernel/panic || echo kept",
        masked_paths=paths.MASKED,
        readonly_paths=paths.READONLY,
        privileged=False,
    )
    bare = shell("head -c 1 /proc/keys | wc -c; test -w /proc/sys/kernel/panic && echo writable")

    assert containers.run(hidden).out.split() == ["0", "0", "kept"]
    assert containers.run(bare).out.split()[0] == "1"


def test_a_read_only_root_leaves_its_volumes_writable(
    containers: Containers, tmp_path: Path
) -> None:
    config = shell(
        "touch /new 2>/dev/null || echo refused; touch /data/new && echo written",
        readonly_rootfs=True,
    )
    config.mounts.add(container_path="/data", host_path=str(tmp_path / "volume"))

    assert containers.run(config).out.split() == ["refused", "written"]
    assert (tmp_path / "volume/new").exists()


def test_mounts_nest_by_depth_whatever_their_order(containers: Containers, tmp_path: Path) -> None:
    for name in ("outer", "inner"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "name").write_text(name)
    (tmp_path / "outer/below").mkdir()
    config = shell("cat /data/name /data/below/name")
    config.mounts.add(container_path="/data/below", host_path=str(tmp_path / "inner"))
    config.mounts.add(container_path="/data", host_path=str(tmp_path / "outer"))

    assert containers.run(config).out == "outerinner"


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Path]:
    """A shared mount with another mount inside."""
    place = tmp_path / "shared"
    (place / "inside").mkdir(parents=True)
    syscalls.mount(str(place), place, flags=syscalls.MountFlag.BIND)
    syscalls.mount(None, place, flags=syscalls.MountFlag.SHARED)
    syscalls.mount("none", place / "inside", "tmpfs")
    yield place
    syscalls.umount(place, syscalls.DETACH)


def test_read_only_is_one_mount_and_recursive_is_all_of_them(
    containers: Containers, nested: Path
) -> None:
    script = "touch /data/a 2>/dev/null && echo outer; touch /data/inside/a 2>/dev/null && echo in"
    plain, recursive = shell(script), shell(script)
    plain.mounts.add(container_path="/data", host_path=str(nested), readonly=True)
    recursive.mounts.add(
        container_path="/data", host_path=str(nested), readonly=True, recursive_read_only=True
    )

    assert containers.run(plain).out.split() == ["in"]
    if bind.can_recurse(containers.request(recursive)):
        assert containers.run(recursive).out.split() == []


@pytest.mark.parametrize(
    ("propagation", "reaches_the_host"), [(bind.BOTH_WAYS, True), (bind.FROM_HOST, False)]
)
def test_a_containers_mount_reaches_the_host_only_both_ways(
    containers: Containers,
    nested: Path,
    propagation: cri.MountPropagation.ValueType,
    *,
    reaches_the_host: bool,
) -> None:
    (nested / "new").mkdir()
    config = shell("mount -t tmpfs none /data/new && touch /data/new/file", privileged=True)
    config.mounts.add(container_path="/data", host_path=str(nested), propagation=propagation)

    done = containers.run(config)

    assert done.code == 0, done.err
    assert (nested / "new/file").exists() is reaches_the_host


@pytest.mark.parametrize(
    ("propagation", "reaches_the_container"),
    [(bind.FROM_HOST, True), (bind.BOTH_WAYS, True), (bind.PRIVATE, False)],
)
def test_a_later_mount_of_the_host_reaches_the_container_unless_private(
    containers: Containers,
    nested: Path,
    propagation: cri.MountPropagation.ValueType,
    *,
    reaches_the_container: bool,
) -> None:
    (nested / "new").mkdir()
    config = shell("sleep 60")
    config.mounts.add(container_path="/data", host_path=str(nested), propagation=propagation)
    with containers.running(config) as (container_id, spec):
        syscalls.mount("none", nested / "new", "tmpfs")
        (nested / "new/file").touch()
        look = process.exec_process(spec, ["ls", "/data/new"], tty=False)

        seen = containers.execute(container_id, look).out.split()

    assert (seen == ["file"]) is reaches_the_container


@pytest.fixture
def device() -> Device:
    """A device of the host that opens for everybody and isn't in every container anyway."""
    for path in ("/dev/fuse", "/dev/loop-control", "/dev/net/tun"):
        if os.path.exists(path):  # noqa: PTH110 -- a device
            return next(iter(LiveHostFiles().devices(path)))
    pytest.skip("the host has none of fuse, loop-control and tun")


def test_a_device_is_there_and_opens_as_permitted(containers: Containers, device: Device) -> None:
    config = shell("(: < /dev/given) && echo readable; (: > /dev/given) 2>/dev/null || echo barred")
    config.devices.add(host_path=device["path"], container_path="/dev/given", permissions="r")

    assert containers.run(config).out.split() == ["readable", "barred"]


def test_a_device_that_was_not_given_is_barred(containers: Containers, device: Device) -> None:
    node = f"mknod /tmp/own c {device['major']} {device['minor']}"
    script = f"{node} && echo made; (: < /tmp/own) 2>/dev/null || echo barred"

    assert containers.run(shell(script)).out.split() == ["made", "barred"]


def test_open_files_are_limited_alike_whoever_starts(containers: Containers) -> None:
    soft, hard = containers.run(shell("ulimit -Sn; ulimit -Hn")).out.split()

    (limit,) = containers.bundle(containers.request(shell("true")))[1]["process"]["rlimits"]
    assert (int(soft), int(hard)) == (limit["soft"], limit["hard"])


def test_the_oom_score_is_what_was_asked_or_what_is_granted(containers: Containers) -> None:
    config, low = shell("cat /proc/self/oom_score_adj"), shell("cat /proc/self/oom_score_adj")
    config.linux.resources.oom_score_adj = 912
    low.linux.resources.oom_score_adj = -997

    assert containers.run(config).out.strip() == "912"
    floor = containers.host.oom_score_adj_floor
    assert containers.run(low).out.strip() == str(max(-997, floor))


def test_limits_stand_in_the_containers_cgroup(containers: Containers) -> None:
    config = shell("sleep 60")
    asked = config.linux.resources
    asked.memory_limit_in_bytes, asked.cpu_shares = 64 * MIB, 512
    asked.cpu_quota, asked.cpu_period = 20_000, 100_000
    layout = containers.host.cgroup

    with containers.running(config) as (container_id, _):
        for write in limits.writes(convert(asked, layout), v2=layout.is_v2):
            place = layout.directory(write.controller, f"{containers.cgroup}/{container_id}")
            assert place is not None
            assert (place / write.file).read_text().strip() == write.value, write.file


def test_an_execution_has_the_containers_user_limits_and_capabilities(
    containers: Containers,
) -> None:
    config = shell("sleep 60", run_as_username="web", no_new_privs=True)
    config.envs.add(key="GREETING", value=b"hello")
    command = ["/bin/sh", "-c", f"id; echo $GREETING; {STATUS}; exit 5"]

    with containers.running(config) as (container_id, spec):
        done = containers.execute(container_id, process.exec_process(spec, command, tty=False))

    assert done.code == 5
    assert done.out.startswith("uid=33(web) gid=44(web) groups=44(web),55(logs)\nhello\n")
    assert "NoNewPrivs:\t1" in done.out
    assert _caps(done.out, "CapBnd") == frozenset(spec["process"]["capabilities"]["bounding"])


def test_the_containers_own_cgroup_is_read_only_to_it(containers: Containers) -> None:
    script = "cd /sys/fs/cgroup; cd pids 2>/dev/null; mkdir mine 2>/dev/null || echo refused"

    done = containers.run(shell(script))

    assert done.out.strip() == "refused"


def test_a_container_has_its_own_pids_and_its_pods_network(containers: Containers) -> None:
    done = containers.run(shell("echo $$; ls /sys/class/net; readlink /proc/self/ns/net"))

    pid, *interfaces, namespace = done.out.split()
    assert (pid, interfaces) == ("1", ["lo"])
    assert namespace != os.readlink("/proc/self/ns/net")  # noqa: PTH115 -- not a path


def test_nothing_of_the_users_annotations_changes_the_filter(containers: Containers) -> None:
    config = shell("grep Seccomp: /proc/self/status")
    config.linux.security_context.seccomp.profile_type = cri.SecurityProfile.RuntimeDefault
    config.annotations["run.oci.seccomp_bpf_data"] = ""

    assert containers.run(config).out.split() == ["Seccomp:", "2"]
