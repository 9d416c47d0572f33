"""From what kubelet asks of containers to appc's manifest of one pod. Pure.

Source: kubelet 1.4 pkg/kubelet/rkt/rkt.go (makePodManifest, setApp, setIsolators).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub import security
from runtimes.rkt_stub.command import command
from runtimes.rkt_stub.names import ac_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.rkt_stub.images.store import StoredImage
    from runtimes.rkt_stub.program.shapes import (
        AppPort,
        AppSettings,
        HostPort,
        Isolator,
        ManifestApp,
        NameValue,
        PodManifest,
        Volume,
    )

APPC = "0.8.11"
LOG = "runtimes.rkt/log"
IMAGE = "runtimes.rkt/image"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One container: as kubelet asks for it, and the image that it runs."""

    config: cri.ContainerConfig
    image: StoredImage

    @property
    def app(self) -> str:
        return ac_name(self.config.metadata.name)


def pod_manifest(
    wanted: Sequence[Wanted],
    ports: Sequence[cri.PortMapping],
    notes: Mapping[str, str],
    groups: Sequence[str],
) -> PodManifest:
    """`groups` are the first group of each container's process."""
    volumes = _volumes(wanted)
    apps = [_app(one, volumes, group) for one, group in zip(wanted, groups, strict=True)]
    mapped = [port for port in ports if port.host_port]
    if apps:
        apps[0]["app"]["ports"] = [_port(port) for port in mapped]
    return {
        "acVersion": APPC,
        "acKind": "PodManifest",
        "apps": apps,
        "volumes": [*volumes.values()],
        "ports": [_host_port(port) for port in mapped],
        "userAnnotations": dict(notes),
    }


def _app(wanted: Wanted, volumes: Mapping[tuple[str, bool], Volume], group: str) -> ManifestApp:
    config, image = wanted.config, wanted.image
    context = config.linux.security_context
    settings: AppSettings = {
        "exec": command(config, image),
        "user": security.user(context) or image.app["user"],
        "group": group,
        "supplementaryGIDs": list(context.supplemental_groups),
        "workingDirectory": config.working_dir or image.app.get("workingDirectory") or "/",
        "environment": environment(config, image),
        "isolators": _isolators(config),
        "userAnnotations": {**config.labels, **config.annotations},
    }
    return {
        "name": wanted.app,
        "image": {"id": image.id},
        "readOnlyRootFS": context.readonly_rootfs,
        "app": settings,
        "mounts": [
            {"volume": volumes[_place(mount)]["name"], "path": mount.container_path}
            for mount in config.mounts
        ],
    }


def environment(config: cri.ContainerConfig, image: StoredImage) -> list[NameValue]:
    """The image's, and then the config's."""
    variables = {one["name"]: one["value"] for one in image.app.get("environment", ())}
    variables |= {one.key: _text(one.value) for one in config.envs}
    return [{"name": name, "value": value} for name, value in variables.items()]


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise errors.InvalidArgument(
            "set a variable: its value is no UTF-8, which a manifest in JSON can't hold"
        ) from error


def _place(mount: cri.Mount) -> tuple[str, bool]:
    return mount.host_path, mount.readonly


def _volumes(wanted: Sequence[Wanted]) -> dict[tuple[str, bool], Volume]:
    """One per path of the host, and another if it is also mounted read-only."""
    found: dict[tuple[str, bool], Volume] = {}
    for mount in (mount for one in wanted for mount in one.config.mounts):
        security.check_mount(mount)
        found.setdefault(
            _place(mount),
            {
                "name": f"volume-{len(found)}",
                "kind": "host",
                "source": mount.host_path,
                "readOnly": mount.readonly,
                "recursive": True,
            },
        )
    return found


def _isolators(config: cri.ContainerConfig) -> list[Isolator]:
    context, resources = config.linux.security_context, config.linux.resources
    found: list[Isolator] = []
    if resources.memory_limit_in_bytes:
        limit = {"limit": str(resources.memory_limit_in_bytes)}
        found.append({"name": "resource/memory", "value": limit})
    if resources.cpu_quota > 0 and resources.cpu_period:
        millis = resources.cpu_quota * 1000 // resources.cpu_period
        found.append({"name": "resource/cpu", "value": {"limit": f"{max(1, millis)}m"}})
    if resources.cpu_shares:
        found.append({"name": "os/linux/cpu-shares", "value": resources.cpu_shares})
    if resources.oom_score_adj:
        found.append({"name": "os/linux/oom-score-adj", "value": resources.oom_score_adj})
    if context.no_new_privs:
        found.append({"name": "os/linux/no-new-privileges", "value": True})
    retained = security.retained(context)
    if retained is not None:
        found.append({"name": "os/linux/capabilities-retain-set", "value": {"set": list(retained)}})
    if security.unconfined(context):
        found.append({"name": "os/linux/seccomp-retain-set", "value": {"set": ["@appc.io/all"]}})
    return found


def _port_name(port: cri.PortMapping) -> str:
    return f"{_protocol(port)}-{port.container_port}-{port.host_port}"


def _protocol(port: cri.PortMapping) -> str:
    if port.protocol not in security.PROTOCOLS:
        raise errors.Unimplemented(f"map port {port.container_port}: rkt maps tcp and udp only")
    return security.PROTOCOLS[port.protocol]


def _port(port: cri.PortMapping) -> AppPort:
    return {
        "name": _port_name(port),
        "protocol": _protocol(port),
        "port": port.container_port,
        "count": 1,
        "socketActivated": False,
    }


def _host_port(port: cri.PortMapping) -> HostPort:
    found: HostPort = {"name": _port_name(port), "hostPort": port.host_port}
    if port.host_ip:
        found["hostIP"] = port.host_ip
    return found
