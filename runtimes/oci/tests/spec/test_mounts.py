"""Which mounts a container gets, in which order, with which options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.host.programs import Program
from runtimes.oci.spec import bind, mounts
from runtimes.oci.spec.request import SandboxFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Mount

    Make = Callable[..., SpecRequest]

KERNELS_OWN = [
    "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"
]  # fmt: skip


def _config(*wanted: cri.Mount, **security: object) -> cri.ContainerConfig:
    context = cri.LinuxContainerSecurityContext(**security)  # type: ignore[arg-type]  # by name
    linux = cri.LinuxContainerConfig(security_context=context)
    return cri.ContainerConfig(mounts=wanted, linux=linux)


def _mount(container_path: str, host_path: str = "/host", **fields: object) -> cri.Mount:
    return cri.Mount(container_path=container_path, host_path=host_path, **fields)  # type: ignore[arg-type]  # by name


def _paths(request: SpecRequest) -> list[str]:
    return [mount["destination"] for mount in mounts.plan(request).mounts]


def _at(request: SpecRequest, path: str) -> Mount:
    (found,) = (it for it in mounts.plan(request).mounts if it["destination"] == path)
    return found


def test_the_kernels_file_systems_come_first(make: Make) -> None:
    assert _paths(make(_config())) == KERNELS_OWN


def test_other_mounts_follow_by_depth_and_otherwise_as_given(make: Make) -> None:
    config = _config(_mount("/a/b/c"), _mount("/z"), _mount("/a"), _mount("/a/b"))

    assert _paths(make(config)) == [*KERNELS_OWN, "/z", "/a", "/a/b", "/a/b/c"]


def test_a_mount_replaces_the_default_at_or_below_its_path(make: Make) -> None:
    assert _paths(make(_config(_mount("/dev")))) == ["/proc", "/sys", "/sys/fs/cgroup", "/dev"]
    assert _at(make(_config(_mount("/dev/shm/"))), "/dev/shm")["source"] == "/host"


def test_two_mounts_on_one_path_are_refused(make: Make) -> None:
    with pytest.raises(errors.InvalidArgument, match="more than one on /a"):
        mounts.plan(make(_config(_mount("/a"), _mount("/a/"))))


@pytest.mark.parametrize("path", ["", "relative", "/", "//", "/.."])
def test_impossible_container_paths_are_refused(make: Make, path: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="container_path"):
        mounts.plan(make(_config(_mount(path))))


def test_sys_and_cgroups_are_writable_for_the_privileged_alone(make: Make) -> None:
    plain, strong = make(_config()), make(_config(privileged=True))

    for path in ("/sys", "/sys/fs/cgroup"):
        assert "ro" in _at(plain, path)["options"]
        assert "rw" in _at(strong, path)["options"]


def test_the_pods_files_appear_unless_a_mount_takes_their_place(make: Make) -> None:
    sandbox = SandboxFacts(
        id="s", cgroup="/s", resolv_conf=Path("/p/resolv"), hosts=Path("/p/hosts")
    )

    found = make(_config(_mount("/etc/hosts")), sandbox=sandbox)

    assert _at(found, "/etc/resolv.conf")["source"] == "/p/resolv"
    assert _at(found, "/etc/hosts")["source"] == "/host"
    assert "/etc/hostname" not in _paths(found)


def test_the_pods_files_are_read_only_where_the_root_is(make: Make) -> None:
    sandbox = SandboxFacts(id="s", cgroup="/s", hosts=Path("/p/hosts"))

    loose = make(_config(), sandbox=sandbox)
    tight = make(_config(readonly_rootfs=True), sandbox=sandbox)

    assert "rw" in _at(loose, "/etc/hosts")["options"]
    assert "ro" in _at(tight, "/etc/hosts")["options"]


def test_shared_memory_is_the_pods_the_hosts_or_private(make: Make) -> None:
    pod = SandboxFacts(id="s", cgroup="/s", shm=Path("/p/shm"))
    node = cri.NamespaceOption(ipc=cri.NamespaceMode.NODE)

    assert _at(make(_config()), "/dev/shm")["type"] == "tmpfs"
    assert _at(make(_config(), sandbox=pod), "/dev/shm")["source"] == "/p/shm"
    hosts = _at(make(_config(namespace_options=node), sandbox=pod), "/dev/shm")
    assert hosts["source"] == "/dev/shm"


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({}, ["rbind", "rprivate", "rw"]),
        ({"readonly": True}, ["rbind", "rprivate", "ro"]),
        ({"readonly": True, "recursive_read_only": True}, ["rbind", "rprivate", "rro"]),
        ({"mount_options": ["noexec", "nosuid"]}, ["rbind", "rprivate", "rw", "noexec", "nosuid"]),
    ],
)
def test_options_of_a_bind_mount(make: Make, fields: dict[str, Any], options: list[str]) -> None:
    found = _at(make(_config(_mount("/a", **fields))), "/a")

    assert (found["type"], found["options"]) == ("bind", options)


def test_links_of_host_paths_are_resolved(make: Make) -> None:
    assert _at(make(_config(_mount("/a", "/link"))), "/a")["source"] == "/real/link"


@pytest.mark.parametrize(
    ("propagation", "source", "option", "rootfs"),
    [
        (bind.PRIVATE, "/host", "rprivate", ""),
        (bind.FROM_HOST, "/slave", "rslave", "rslave"),
        (bind.FROM_HOST, "/shared", "rslave", "rslave"),
        (bind.BOTH_WAYS, "/shared", "rshared", "rshared"),
    ],
)
def test_propagation_reaches_the_mount_and_the_root(
    make: Make,
    propagation: cri.MountPropagation.ValueType,
    *,
    source: str,
    option: str,
    rootfs: str,
) -> None:
    request = make(_config(_mount("/a", source, propagation=propagation)))

    assert option in _at(request, "/a")["options"]
    assert mounts.plan(request).rootfs_propagation == rootfs


def test_the_strongest_propagation_decides_about_the_root(make: Make) -> None:
    config = _config(
        _mount("/a", "/shared", propagation=bind.BOTH_WAYS),
        _mount("/b", "/shared", propagation=bind.FROM_HOST),
    )

    assert mounts.plan(make(config)).rootfs_propagation == "rshared"


@pytest.mark.parametrize(
    ("propagation", "source"),
    [(bind.BOTH_WAYS, "/host"), (bind.BOTH_WAYS, "/slave"), (bind.FROM_HOST, "/host")],
)
def test_propagation_from_a_private_mount_is_refused_with_the_remedy(
    make: Make, propagation: cri.MountPropagation.ValueType, source: str
) -> None:
    with pytest.raises(errors.FailedPrecondition, match=f"mount --make-rshared {source}"):
        mounts.plan(make(_config(_mount("/a", source, propagation=propagation))))


@pytest.mark.parametrize(
    "fields",
    [
        {"recursive_read_only": True},
        {"recursive_read_only": True, "readonly": True, "propagation": bind.FROM_HOST},
        {"propagation": 7},
        {"mount_options": ["rw"]},
        {"mount_options": ["bind"]},
    ],
)
def test_broken_rules_of_mounts_are_refused(make: Make, fields: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidArgument, match="mount /a"):
        mounts.plan(make(_config(_mount("/a", "/shared", **fields))))


@pytest.mark.parametrize(
    ("kernel", "runtime", "can"),
    [
        ((5, 12), None, True),
        ((5, 11), None, False),
        ((6, 1), Program(Path("/usr/bin/crun"), (1, 4)), True),
        ((6, 1), Program(Path("/usr/bin/crun"), (1, 3, 9)), False),
        ((6, 1), Program(Path("/usr/sbin/runc"), (1, 1, 5)), True),
        ((6, 1), Program(Path("/usr/sbin/runc"), (1, 0, 3)), False),
        ((6, 1), Program(Path("/usr/bin/youki"), (0, 3)), False),
    ],
)
def test_recursive_read_only_needs_a_kernel_and_a_runtime(
    make: Make,
    host: HostFacts,
    *,
    kernel: tuple[int, int],
    runtime: Program | None,
    can: bool,
) -> None:
    request = make(_config(), host=replace(host, kernel=kernel), runtime=runtime)

    assert bind.can_recurse(request) is can


@pytest.mark.parametrize(
    "fields", [{"image": cri.ImageSpec(image="data")}, {"uidMappings": [cri.IDMapping(length=1)]}]
)
def test_what_is_not_built_yet_says_so(make: Make, fields: dict[str, Any]) -> None:
    with pytest.raises(errors.Unimplemented, match="mount /a"):
        mounts.plan(make(_config(_mount("/a", **fields))))


def test_an_image_mount_is_read_only_from_where_it_was_prepared(make: Make) -> None:
    config = _config(_mount("/a", image=cri.ImageSpec(image="data")))

    found = _at(make(config, image_mounts={"/a": Path("/images/data")}), "/a")

    assert (found["source"], "ro" in found["options"]) == ("/images/data", True)


def test_volumes_of_the_image_get_the_folders_made_for_them(make: Make) -> None:
    config = _config(_mount("/data"))
    image: Any = {"Volumes": {"/data": {}, "/var/lib/": {}, "/cache": {}}}
    request = make(config, image=image, volumes={"/var/lib/": Path("/v/1")})

    assert mounts.image_volumes(request) == ("/var/lib", "/cache")
    assert _at(request, "/var/lib")["source"] == "/v/1"
    assert _at(request, "/data")["source"] == "/host"
    assert "/cache" not in _paths(request)
