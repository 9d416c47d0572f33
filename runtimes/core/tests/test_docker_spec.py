"""What the Engine is told, from what the CRI asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.core.cgroup.layout import Layout, Version
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.facts import EngineHost
from runtimes.core.docker.spec import (
    capabilities,
    lsm,
    mounts,
    namespaces,
    privilege,
    resources,
    seccomp,
    user,
)
from runtimes.core.host import clamp
from runtimes.core.host.capabilities import NAMES
from runtimes.core.host.clamp import HostGrants

OLD, NEW = (1, 41), (1, 44)
ALL_GRANTED = HostGrants(-1000, frozenset(NAMES))
WITHOUT_RESOURCE = HostGrants(0, frozenset(NAMES) - {"CAP_SYS_RESOURCE"})
Context = cri.LinuxContainerSecurityContext


def withholding_all(api: tuple[int, int]) -> EngineHost:
    cgroups = Layout(Version.V2, {}, Path("/"), frozenset(), {})
    nothing = HostGrants(0, frozenset())
    return EngineHost(api=api, security_options=(), grants=nothing, cgroups=cgroups)


@pytest.mark.parametrize(
    ("context", "options"),
    [
        (Context(), ["seccomp=unconfined"]),
        (Context(seccomp_profile_path="runtime/default"), []),
        (Context(seccomp_profile_path="docker/default"), []),
        (Context(seccomp=cri.SecurityProfile()), []),
        (Context(seccomp=cri.SecurityProfile(), privileged=True), ["seccomp=unconfined"]),
    ],
)
def test_seccomp_profiles(context: Context, options: list[str]) -> None:
    assert seccomp.options(context) == options


def test_a_seccomp_profile_of_the_node_goes_along_whole(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text('{ "defaultAction": "SCMP_ACT_ALLOW" }')
    context = Context(seccomp_profile_path=f"localhost/{path}")

    assert seccomp.options(context) == ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}']


@pytest.mark.parametrize("path", ["localhost/relative", "localhost//no/such/file", "strange"])
def test_a_seccomp_profile_that_can_not_be_read_is_refused(path: str) -> None:
    with pytest.raises(errors.InvalidArgument):
        seccomp.options(Context(seccomp_profile_path=path))


def test_apparmor_and_selinux() -> None:
    label = cri.SELinuxOption(user="u", level="s0:c1")
    context = Context(apparmor_profile="localhost/mine")

    assert lsm.selinux(label) == ["label=user:u", "label=level:s0:c1"]
    assert lsm.apparmor(context, [lsm.HAS_APPARMOR]) == ["apparmor=mine"]
    with pytest.raises(errors.FailedPrecondition):
        lsm.apparmor(context, [])


def test_capabilities_come_with_or_without_prefix() -> None:
    asked = cri.Capability(add_capabilities=["net_admin", "CAP_CHOWN"], drop_capabilities=["KILL"])

    assert capabilities.added(asked, ALL_GRANTED) == ["CAP_CHOWN", "CAP_NET_ADMIN"]
    assert capabilities.dropped(asked, ALL_GRANTED, NEW) == ["CAP_KILL"]


def test_all_capabilities_are_less_what_the_host_withholds() -> None:
    asked = cri.Capability(add_capabilities=["ALL"], drop_capabilities=["CHOWN"])

    assert capabilities.added(asked, WITHOUT_RESOURCE) == ["ALL"]
    assert capabilities.dropped(asked, WITHOUT_RESOURCE, OLD) == ["CAP_CHOWN", "CAP_SYS_RESOURCE"]


def test_privileged_piece_by_piece_names_only_what_the_engine_knows() -> None:
    assert "CAP_PERFMON" not in privilege.piece_by_piece(withholding_all(OLD))["CapDrop"]
    assert "CAP_PERFMON" in privilege.piece_by_piece(withholding_all(NEW))["CapDrop"]


def test_a_group_needs_a_user() -> None:
    context = Context(run_as_group=cri.Int64Value(value=5))
    with pytest.raises(errors.InvalidArgument):
        user.user(context)

    context.run_as_user.value = 7

    assert user.user(context) == "7:5"


def test_memory_and_swap_go_together() -> None:
    asked = cri.LinuxContainerResources(memory_limit_in_bytes=64 << 20)

    assert resources.limits(asked) == {"Memory": 64 << 20, "MemorySwap": 64 << 20}


def test_swap_counts_memory_too_so_it_is_no_less() -> None:
    asked = cri.LinuxContainerResources(
        memory_limit_in_bytes=64 << 20, memory_swap_limit_in_bytes=96 << 20
    )

    assert resources.limits(asked) == {"Memory": 64 << 20, "MemorySwap": 96 << 20}
    asked.memory_swap_limit_in_bytes = 32 << 20
    with pytest.raises(errors.InvalidArgument):
        resources.limits(asked)


def test_huge_pages_need_their_controller() -> None:
    asked = cri.LinuxContainerResources(
        hugepage_limits=[cri.HugepageLimit(page_size="2MB", limit=2 << 20)]
    )
    having = Layout(Version.V2, {}, Path("/"), frozenset({"hugetlb"}), {})
    lacking = Layout(Version.V2, {}, Path("/"), frozenset(), {})

    assert resources.beyond_engine(asked, having) == {
        "hugepageLimits": [{"pageSize": "2MB", "limit": 2 << 20}]
    }
    with pytest.raises(errors.FailedPrecondition):
        resources.beyond_engine(asked, lacking)


def test_unified_settings_need_cgroup_v2() -> None:
    asked = cri.LinuxContainerResources(unified={"memory.high": "1"})
    v1 = Layout(Version.V1, {}, None, frozenset(), {})
    v2 = Layout(Version.V2, {}, Path("/"), frozenset(), {})

    assert resources.beyond_engine(asked, v2) == {"unified": {"memory.high": "1"}}
    with pytest.raises(errors.InvalidArgument):
        resources.beyond_engine(asked, v1)


def test_pid_namespaces() -> None:
    modes = [
        namespaces.of_container(cri.NamespaceOption(pid=kind, target_id="t"), "s").pid
        for kind in (cri.POD, cri.CONTAINER, cri.NODE, cri.TARGET)
    ]

    assert modes == ["container:s", "", "host", "container:t"]


def test_binds_say_access_label_and_propagation() -> None:
    asked = cri.Mount(
        container_path="/data",
        host_path="/host",
        readonly=True,
        selinux_relabel=True,
        propagation=mounts.FROM_HOST,
    )

    assert mounts.plan([asked], OLD, {}).binds == ["/host:/data:ro,Z,rslave"]


def test_newer_engines_are_told_not_to_make_read_only_recursive() -> None:
    asked = cri.Mount(container_path="/data", host_path="/host", readonly=True)

    (spelt,) = mounts.plan([asked], NEW, {}).mounts

    assert spelt["BindOptions"]["ReadOnlyNonRecursive"]
    assert not mounts.plan([asked], OLD, {}).mounts


def test_recursive_read_only_needs_an_engine_that_can() -> None:
    asked = cri.Mount(
        container_path="/data", host_path="/host", readonly=True, recursive_read_only=True
    )

    (spelt,) = mounts.plan([asked], NEW, {}).mounts
    assert spelt["BindOptions"]["ReadOnlyForceRecursive"]
    with pytest.raises(errors.InvalidArgument):
        mounts.plan([asked], OLD, {})


def test_what_the_host_withholds_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(clamp, "_said", set())
    monkeypatch.setattr(clamp.log, "warning", lambda text, *words: told.append(text % words))
    host = withholding_all(NEW)

    privilege.grant({}, host)
    capabilities.dropped(cri.Capability(add_capabilities=["ALL"]), host.grants, NEW)
    capabilities.added(cri.Capability(add_capabilities=["CHOWN"]), host.grants)

    assert len(told) == 1
    assert "CAP_SYS_ADMIN" in told[0]
