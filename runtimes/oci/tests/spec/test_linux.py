"""Namespaces, limits, devices, hidden paths, profiles and annotations."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cgroup.layout import Layout, Version
from runtimes.core.cri import apparmor
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.host.programs import Program
from runtimes.oci.seccomp.bpf import libseccomp_version
from runtimes.oci.spec import devices, namespaces, paths, resources
from runtimes.oci.spec.build import build
from runtimes.oci.spec.request import SandboxFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Process

    Make = Callable[..., SpecRequest]

POD, CONTAINER = cri.NamespaceMode.POD, cri.NamespaceMode.CONTAINER
NODE, TARGET = cri.NamespaceMode.NODE, cri.NamespaceMode.TARGET
DEFAULT = cri.SecurityProfile.RuntimeDefault
LOCALHOST = cri.SecurityProfile.Localhost
MIB = 1 << 20


def _config(**security: object) -> cri.ContainerConfig:
    context = cri.LinuxContainerSecurityContext(**security)  # type: ignore[arg-type]  # by name
    if not context.HasField("namespace_options"):
        context.namespace_options.pid = CONTAINER
    return cri.ContainerConfig(
        command=["x"],
        metadata=cri.ContainerMetadata(name="app"),
        linux=cri.LinuxContainerConfig(security_context=context),
    )


def _namespaces(request: SpecRequest) -> dict[str, str | None]:
    return {it["type"]: it.get("path") for it in namespaces.container(request)}


def _options(**fields: object) -> cri.ContainerConfig:
    options = cri.NamespaceOption(**fields)  # type: ignore[arg-type]  # by name
    return _config(namespace_options=options)


def test_a_container_joins_its_pod_and_has_its_own_pids_and_mounts(make: Make) -> None:
    assert _namespaces(make(_options(pid=CONTAINER))) == {
        "mount": None,
        "network": "/run/ns/network",
        "ipc": "/run/ns/ipc",
        "uts": "/run/ns/uts",
        "pid": None,
    }


def test_the_hosts_namespaces_are_not_listed(make: Make) -> None:
    assert _namespaces(make(_options(network=NODE, ipc=NODE, pid=NODE))) == {"mount": None}


def test_a_pod_of_one_pid_namespace_shares_it(make: Make) -> None:
    pinned = {kind: Path(f"/ns/{kind}") for kind in ("network", "ipc", "uts", "pid")}
    sandbox = SandboxFacts(id="s", cgroup="/s", namespaces=pinned)

    assert _namespaces(make(_options(pid=POD), sandbox=sandbox))["pid"] == "/ns/pid"


def test_another_containers_pids_can_be_joined(make: Make) -> None:
    config = _options(pid=TARGET, target_id="c0")
    request = make(config, target_pid_namespace=Path("/proc/7/ns/pid"))

    assert _namespaces(request)["pid"] == "/proc/7/ns/pid"
    with pytest.raises(errors.FailedPrecondition, match="'c0' is not running"):
        _namespaces(make(config))


@pytest.mark.parametrize("fields", [{"pid": POD}, {"network": POD}, {"ipc": POD}])
def test_what_the_sandbox_does_not_have_can_not_be_shared(
    make: Make, fields: dict[str, int]
) -> None:
    alone = {"network": NODE, "ipc": NODE, "pid": CONTAINER}
    sandbox = SandboxFacts(id="s", cgroup="/s")

    with pytest.raises(errors.FailedPrecondition, match="has none of its own"):
        _namespaces(make(_options(**(alone | fields)), sandbox=sandbox))


@pytest.mark.parametrize("fields", [{"network": CONTAINER}, {"ipc": TARGET}])
def test_modes_that_a_type_can_not_have_are_refused(make: Make, fields: dict[str, int]) -> None:
    with pytest.raises(errors.InvalidArgument, match="neither POD nor NODE"):
        _namespaces(make(_options(pid=CONTAINER, **fields)))


def test_user_namespaces_say_that_they_are_missing(make: Make) -> None:
    config = _options(pid=CONTAINER, userns_options=cri.UserNamespace(mode=POD))

    with pytest.raises(errors.Unimplemented, match="hostUsers"):
        _namespaces(make(config))


def test_cgroups_are_namespaced_on_v2_but_for_the_privileged(make: Make, host: HostFacts) -> None:
    v2 = replace(host, cgroup=_v2())

    assert "cgroup" in _namespaces(make(_config(), host=v2))
    assert "cgroup" not in _namespaces(make(_config(privileged=True), host=v2))
    assert "cgroup" not in _namespaces(make(_config()))


def _v2(root: Path = Path("/nowhere")) -> Layout:
    controllers = frozenset({"cpu", "cpuset", "memory", "pids", "hugetlb"})
    return Layout(Version.V2, {}, root, controllers, {"": "/"})


def _v1(root: Path) -> Layout:
    names = ("cpu", "cpuset", "memory", "pids")
    return Layout(Version.V1, {name: root / name for name in names}, None, frozenset(), {})


def test_limits_are_translated_and_zeros_left_out(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/memory.max").touch()
    asked = cri.LinuxContainerResources(
        cpu_shares=512,
        cpu_quota=20_000,
        cpu_period=100_000,
        cpuset_cpus="0-1",
        cpuset_mems="0",
        memory_limit_in_bytes=64 * MIB,
        hugepage_limits=[cri.HugepageLimit(page_size="2MB", limit=4 * MIB)],
        unified={"memory.high": "1000"},
    )

    assert resources.convert(asked, _v2(tmp_path)) == {
        "cpu": {
            "shares": 512,
            "quota": 20_000,
            "period": 100_000,
            "cpus": "0-1",
            "mems": "0",
        },
        "memory": {"limit": 64 * MIB},
        "hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}],
        "unified": {"memory.high": "1000"},
    }
    assert resources.convert(cri.LinuxContainerResources(), _v2(tmp_path)) == {}


@pytest.mark.parametrize(
    ("limit", "swap", "written"),
    [
        (64 * MIB, 0, {"limit": 64 * MIB, "swap": 64 * MIB}),
        (64 * MIB, 96 * MIB, {"limit": 64 * MIB, "swap": 96 * MIB}),
        (64 * MIB, -1, {"limit": 64 * MIB, "swap": -1}),
        (-1, 0, {"limit": -1, "swap": -1}),
    ],
)
def test_a_memory_limit_allows_no_swap_unless_asked(
    tmp_path: Path, limit: int, swap: int, written: dict[str, int]
) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory/memory.memsw.limit_in_bytes").touch()
    asked = cri.LinuxContainerResources(
        memory_limit_in_bytes=limit, memory_swap_limit_in_bytes=swap
    )

    assert resources.convert(asked, _v1(tmp_path))["memory"] == written


def test_swap_is_not_limited_where_the_kernel_does_not_account_it(tmp_path: Path) -> None:
    asked = cri.LinuxContainerResources(memory_limit_in_bytes=MIB)

    assert resources.convert(asked, _v1(tmp_path))["memory"] == {"limit": MIB}


def test_swap_below_memory_is_refused() -> None:
    asked = cri.LinuxContainerResources(memory_limit_in_bytes=8, memory_swap_limit_in_bytes=4)

    with pytest.raises(errors.InvalidArgument, match="memory_swap_limit_in_bytes 4"):
        resources.convert(asked, _v2())


def test_unified_settings_need_v2(tmp_path: Path) -> None:
    asked = cri.LinuxContainerResources(unified={"memory.high": "1"})

    with pytest.raises(errors.InvalidArgument, match="need cgroup v2"):
        resources.convert(asked, _v1(tmp_path))


def test_what_the_kernel_can_not_limit_is_left_out(tmp_path: Path) -> None:
    bare = Layout(Version.V1, {"pids": tmp_path}, None, frozenset(), {})
    asked = cri.LinuxContainerResources(
        cpu_shares=2,
        memory_limit_in_bytes=MIB,
        hugepage_limits=[cri.HugepageLimit(page_size="2MB", limit=1)],
    )

    assert resources.convert(asked, bare) == {}


def test_devices_are_made_where_asked_and_allowed_as_asked(make: Make) -> None:
    config = _config()
    config.devices.add(host_path="/dev/fuse", container_path="/dev/f", permissions="rw")
    config.devices.add(host_path="/dev/snd", container_path="/dev/sound")

    plan = devices.plan(make(config))

    assert [device["path"] for device in plan.devices] == [
        "/dev/f",
        "/dev/sound/timer",
        "/dev/sound/by-path/x",
    ]
    assert plan.rules[0] == {"allow": False, "access": "rwm"}
    assert plan.rules[-3:] == [
        {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rw"},
        {"allow": True, "type": "c", "major": 116, "minor": 33, "access": "rwm"},
        {"allow": True, "type": "c", "major": 116, "minor": 2, "access": "rwm"},
    ]


def test_every_container_may_use_the_harmless_devices(make: Make) -> None:
    plan = devices.plan(make(_config()))

    allowed = {(rule.get("major"), rule.get("minor")) for rule in plan.rules if rule["allow"]}
    assert {(1, 3), (1, 5), (5, 2), (136, None)} <= allowed
    assert plan.devices == []


def test_the_privileged_get_every_device_once(make: Make) -> None:
    config = _config(privileged=True)
    config.devices.add(host_path="/dev/fuse", container_path="/dev/f")

    plan = devices.plan(make(config))

    assert [device["path"] for device in plan.devices] == ["/dev/fuse", "/dev/vda", "/dev/f"]
    assert plan.rules == [{"allow": True, "access": "rwm"}]


def test_odd_permissions_and_cdi_devices_are_refused(make: Make) -> None:
    odd, cdi = _config(), _config()
    odd.devices.add(host_path="/dev/fuse", container_path="/dev/fuse", permissions="rx")
    cdi.CDI_devices.add(name="vendor.com/gpu=0")

    with pytest.raises(errors.InvalidArgument, match="may only have r, w and m"):
        devices.plan(make(odd))
    with pytest.raises(errors.Unimplemented, match=r"vendor\.com/gpu=0"):
        devices.plan(make(cdi))


def test_hidden_paths_are_as_given_and_none_when_none_are_given(make: Make) -> None:
    given = make(_config(masked_paths=["/proc/kcore"], readonly_paths=["/proc/sys"]))
    none = make(_config())

    assert (paths.masked(given), paths.readonly(given)) == (["/proc/kcore"], ["/proc/sys"])
    assert (paths.masked(none), paths.readonly(none)) == ([], [])


def test_the_privileged_see_everything(make: Make) -> None:
    request = make(_config(privileged=True, masked_paths=["/proc/kcore"]))

    assert paths.masked(request) == paths.readonly(request) == []


def test_a_request_without_any_context_gets_the_safe_defaults(make: Make) -> None:
    sandbox = SandboxFacts(
        id="s",
        cgroup="/s",
        namespaces={kind: Path("/ns") for kind in ("network", "ipc", "uts", "pid")},
    )

    linux = build(make(cri.ContainerConfig(command=["x"]), sandbox=sandbox))["linux"]

    assert "/proc/kcore" in linux["maskedPaths"]
    assert "/proc/sys" in linux["readonlyPaths"]
    assert linux["seccomp"]["defaultAction"] == "SCMP_ACT_ERRNO"


def test_an_unset_profile_is_unconfined_as_kubelet_has_it(make: Make) -> None:
    assert "seccomp" not in build(make(_config()))["linux"]


def test_a_kernel_without_seccomp_gets_no_profile(make: Make, host: HostFacts) -> None:
    config = _config(seccomp=cri.SecurityProfile(profile_type=DEFAULT))

    assert "seccomp" in build(make(config))["linux"]
    assert "seccomp" not in build(make(config, host=replace(host, seccomp=False)))["linux"]


@pytest.mark.skipif(libseccomp_version() is None, reason="libseccomp.so.2 is not installed")
def test_crun_finds_the_compiled_profile_in_its_annotation(make: Make, tmp_path: Path) -> None:
    crun = Program(Path("/usr/bin/crun"), (1, 8), frozenset({"SECCOMP"}))
    config = _config(seccomp=cri.SecurityProfile(profile_type=DEFAULT))

    spec = build(make(config, runtime=crun, cache=tmp_path))

    assert base64.b64decode(spec["annotations"]["run.oci.seccomp_bpf_data"])
    assert spec["linux"]["seccomp"]["syscalls"]


def test_the_callers_annotations_never_reach_the_runtime(make: Make) -> None:
    config = _config()
    config.annotations["run.oci.seccomp_bpf_data"] = "AAAA"
    config.labels["run.oci.hooks.stderr"] = "/x"

    annotations = build(make(config))["annotations"]

    assert all(key.startswith("io.kubernetes.cri.") for key in annotations)
    assert annotations["io.kubernetes.cri.container-name"] == "app"


def _apparmor(name: str) -> dict[str, object]:
    profile = cri.SecurityProfile(profile_type=LOCALHOST, localhost_ref=name)
    return {"apparmor": profile}


def _confined(request: SpecRequest) -> str | None:
    process: Process = build(request)["process"]
    return process.get("apparmorProfile")


@pytest.mark.parametrize("fields", [_apparmor("mine"), {"apparmor_profile": "localhost/mine"}])
def test_a_localhost_apparmor_profile_needs_apparmor(
    make: Make, host: HostFacts, fields: dict[str, object]
) -> None:
    with pytest.raises(errors.FailedPrecondition, match="AppArmor is not enabled"):
        _confined(make(_config(**fields)))
    assert _confined(make(_config(**fields), host=replace(host, apparmor=True))) == "mine"


@pytest.mark.parametrize("name", ["", "runtime/default", "unconfined"])
def test_other_apparmor_profiles_mean_nothing_without_apparmor(make: Make, name: str) -> None:
    assert _confined(make(_config(apparmor_profile=name))) is None


def test_the_privileged_are_unconfined_by_apparmor(make: Make, host: HostFacts) -> None:
    request = make(_config(privileged=True), host=replace(host, apparmor=True))

    assert _confined(request) == apparmor.UNCONFINED


def test_an_unknown_apparmor_profile_is_refused(make: Make) -> None:
    with pytest.raises(errors.InvalidArgument, match="'strict' is none of"):
        _confined(make(_config(apparmor_profile="strict")))


def test_selinux_options_are_ignored_without_selinux_and_honest_with_it(
    make: Make, host: HostFacts
) -> None:
    config = _config(selinux_options=cri.SELinuxOption(level="s0:c1,c2"))

    build(make(config))
    with pytest.raises(errors.Unimplemented, match="selinux_options"):
        build(make(config, host=replace(host, selinux=True)))


def test_the_spec_names_root_cgroup_and_propagation(make: Make) -> None:
    config = _config(readonly_rootfs=True)
    config.mounts.add(container_path="/a", host_path="/shared", propagation=2)

    spec = build(make(config))

    assert spec["root"] == {"path": "/rootfs", "readonly": True}
    assert spec["linux"]["cgroupsPath"] == "/runtimes/pods1/c1"
    assert spec["linux"]["rootfsPropagation"] == "rshared"


def test_the_same_request_gives_the_same_spec(make: Make) -> None:
    config = _config(seccomp=cri.SecurityProfile(profile_type=DEFAULT))

    assert build(make(config)) == build(make(config))
