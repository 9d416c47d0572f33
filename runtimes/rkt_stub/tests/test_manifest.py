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
    wanted.linux.resources.cpu_quota, wanted.linux.resources.cpu_period = 50_000, 100_000
    context = wanted.linux.security_context
    context.no_new_privs = True
    context.capabilities.drop_capabilities.append("ALL")
    context.capabilities.add_capabilities.append("NET_RAW")

    assert app_of(wanted)["app"]["isolators"] == [
        {"name": "resource/memory", "value": {"limit": "64"}},
        {"name": "resource/cpu", "value": {"limit": "500m"}},
        {"name": "os/linux/no-new-privileges", "value": True},
        {"name": "os/linux/capabilities-retain-set", "value": {"set": ["CAP_NET_RAW"]}},
    ]


def test_dropping_a_capability_keeps_the_rest_of_rkts_own() -> None:
    context = cri.LinuxContainerSecurityContext()
    context.capabilities.drop_capabilities.append("CHOWN")

    assert set(security.retained(context) or ()) == security.DEFAULT - {"CAP_CHOWN"}
    assert security.retained(cri.LinuxContainerSecurityContext()) is None


@pytest.mark.parametrize("what", ["tty", "stdin", "devices"])
def test_what_rkt_has_no_words_for_is_refused(what: str) -> None:
    wanted = config()
    if what == "devices":
        wanted.devices.append(cri.Device(host_path="/dev/null"))
    else:
        setattr(wanted, what, True)

    with pytest.raises(errors.Unimplemented, match="another backend"):
        security.check("main", wanted)


def test_a_variable_that_is_no_text_is_refused() -> None:
    wanted = config()
    wanted.envs.append(cri.KeyValue(key="B", value=b"\xff"))

    with pytest.raises(errors.InvalidArgument, match="UTF-8"):
        app_of(wanted)
