"""appc's manifest of what kubelet asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub import security
from runtimes.rkt_stub.images.store import StoredImage
from runtimes.rkt_stub.pod.manifest import Wanted, pod_manifest

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.shapes import ManifestApp

IMAGE = StoredImage(
    id="sha512-1",
    name="reg/app:1",
    digest="sha256:ab",
    size_bytes=1,
    app={
        "exec": ["/entry", "cmd"],
        "user": "7",
        "group": "8",
        "workingDirectory": "/work",
        "environment": [{"name": "A", "value": "image"}, {"name": "B", "value": "image"}],
    },
    entrypoint=("/entry",),
    cmd=("cmd",),
)


def config(name: str = "main") -> cri.ContainerConfig:
    return cri.ContainerConfig(metadata=cri.ContainerMetadata(name=name))


def app_of(found: cri.ContainerConfig) -> ManifestApp:
    return pod_manifest([Wanted(found, IMAGE)], [], {}, ["0"])["apps"][0]


def test_an_app_is_its_images_where_nothing_is_said() -> None:
    app = app_of(config())["app"]

    assert app["exec"] == ["/entry", "cmd"]
    assert (app["user"], app["workingDirectory"]) == ("7", "/work")
    assert app["isolators"] == []


@pytest.mark.parametrize(
    ("command", "args", "found"),
    [
        ([], ["x"], ["/entry", "x"]),
        (["c"], [], ["c"]),
        (["c"], ["x"], ["c", "x"]),
    ],
)
def test_a_command_is_composed_as_kubernetes_does(
    command: list[str], args: list[str], found: list[str]
) -> None:
    wanted = config()
    wanted.command.extend(command)
    wanted.args.extend(args)

    assert app_of(wanted)["app"]["exec"] == found


def test_variables_are_the_images_and_then_the_configs() -> None:
    wanted = config()
    wanted.envs.append(cri.KeyValue(key="B", value=b"mine"))

    assert app_of(wanted)["app"]["environment"] == [
        {"name": "A", "value": "image"},
        {"name": "B", "value": "mine"},
    ]


def test_a_folder_is_one_volume_unless_it_is_read_only_too() -> None:
    first, second = config("a"), config("b")
    first.mounts.append(cri.Mount(container_path="/x", host_path="/h"))
    second.mounts.append(cri.Mount(container_path="/y", host_path="/h"))
    second.mounts.append(cri.Mount(container_path="/z", host_path="/h", readonly=True))

    found = pod_manifest([Wanted(first, IMAGE), Wanted(second, IMAGE)], [], {}, ["0", "0"])

    assert [(one["source"], one["readOnly"]) for one in found["volumes"]] == [
        ("/h", False),
        ("/h", True),
    ]
    assert [one["mounts"] for one in found["apps"]] == [
        [{"volume": "volume-0", "path": "/x"}],
        [{"volume": "volume-0", "path": "/y"}, {"volume": "volume-1", "path": "/z"}],
    ]


def test_a_host_port_is_a_port_of_the_pod_and_of_an_app() -> None:
    ports = [
        cri.PortMapping(container_port=80, host_port=8080, host_ip="127.0.0.1"),
        cri.PortMapping(container_port=81),
    ]

    found = pod_manifest([Wanted(config(), IMAGE)], ports, {}, ["0"])

    assert found["ports"] == [{"name": "tcp-80-8080", "hostPort": 8080, "hostIP": "127.0.0.1"}]
    assert [port["port"] for port in found["apps"][0]["app"]["ports"]] == [80]


def test_limits_and_privileges_are_isolators() -> None:
    wanted = config()
    wanted.linux.resources.memory_limit_in_bytes = 64
    wanted.linux.resources.cpu_shares, wanted.linux.resources.oom_score_adj = 512, 900
    wanted.linux.resources.cpu_quota, wanted.linux.resources.cpu_period = 50_000, 100_000
    context = wanted.linux.security_context
    context.no_new_privs = True
    context.capabilities.drop_capabilities.append("ALL")
    context.capabilities.add_capabilities.append("NET_RAW")

    assert app_of(wanted)["app"]["isolators"] == [
        {"name": "resource/memory", "value": {"limit": "64"}},
        {"name": "resource/cpu", "value": {"limit": "500m"}},
        {"name": "os/linux/cpu-shares", "value": 512},
        {"name": "os/linux/oom-score-adj", "value": 900},
        {"name": "os/linux/no-new-privileges", "value": True},
        {"name": "os/linux/capabilities-retain-set", "value": {"set": ["CAP_NET_RAW"]}},
    ]


def test_dropping_a_capability_keeps_the_rest_of_rkts_own() -> None:
    context = cri.LinuxContainerSecurityContext()
    context.capabilities.drop_capabilities.append("CHOWN")

    assert set(security.retained(context) or ()) == security.DEFAULT - {"CAP_CHOWN"}
    assert security.retained(cri.LinuxContainerSecurityContext()) is None


@pytest.mark.parametrize(
    "asked",
    [
        cri.ContainerConfig(tty=True),
        cri.ContainerConfig(stdin=True),
        cri.ContainerConfig(devices=[cri.Device(host_path="/dev/null")]),
        cri.ContainerConfig(stop_signal=cri.SIGNAL_SIGUSR1),
    ],
)
def test_what_rkt_has_no_words_for_is_refused(asked: cri.ContainerConfig) -> None:
    with pytest.raises(errors.Unimplemented, match="another backend"):
        security.check("main", asked)


LOCALHOST = cri.SecurityProfile(
    profile_type=cri.SecurityProfile.Localhost, localhost_ref="localhost/p"
)


@pytest.mark.parametrize(
    "context",
    [
        cri.LinuxContainerSecurityContext(apparmor=LOCALHOST),
        cri.LinuxContainerSecurityContext(apparmor_profile="localhost/p"),
        cri.LinuxContainerSecurityContext(seccomp=LOCALHOST),
        cri.LinuxContainerSecurityContext(seccomp_profile_path="localhost//p"),
        cri.LinuxContainerSecurityContext(masked_paths=["/mine"]),
    ],
)
def test_a_profile_of_the_node_is_refused_by_either_field(
    context: cri.LinuxContainerSecurityContext,
) -> None:
    wanted = cri.ContainerConfig(linux=cri.LinuxContainerConfig(security_context=context))

    with pytest.raises(errors.Unimplemented, match="another backend"):
        security.check("main", wanted)


def test_seccomp_is_unconfined_by_path_unless_the_newer_field_says_otherwise() -> None:
    context = cri.LinuxContainerSecurityContext(seccomp_profile_path="unconfined")
    assert security.unconfined(context)

    context.seccomp.profile_type = cri.SecurityProfile.RuntimeDefault
    assert not security.unconfined(context)


@pytest.mark.parametrize(
    "mount",
    [
        cri.Mount(readonly=True, recursive_read_only=True),
        cri.Mount(uidMappings=[cri.IDMapping(length=1)]),
        cri.Mount(mount_options=["noexec"]),
        cri.Mount(propagation=cri.PROPAGATION_BIDIRECTIONAL),
    ],
)
def test_a_mount_with_more_than_rkt_knows_is_refused(mount: cri.Mount) -> None:
    with pytest.raises(errors.Unimplemented, match="rkt mounts"):
        security.check_mount(mount)


@pytest.mark.parametrize(
    ("argv", "path"),
    [(["sh", "-c", "id", "---", "--user=0", "--"], "/h"), (["sh"], "/h,kind=empty")],
)
def test_what_rkt_app_add_would_read_as_flags_is_refused(argv: list[str], path: str) -> None:
    wanted = config()
    wanted.mounts.append(cri.Mount(host_path=path, container_path="/x"))

    with pytest.raises(errors.Unimplemented, match="app add"):
        security.check_app(wanted, argv)


def test_a_variable_that_is_no_text_is_refused() -> None:
    wanted = config()
    wanted.envs.append(cri.KeyValue(key="B", value=b"\xff"))

    with pytest.raises(errors.InvalidArgument, match="UTF-8"):
        app_of(wanted)
