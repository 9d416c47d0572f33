"""From the CRI's config of a sandbox to what Docker is asked to create. Pure.

Source: kubelet 1.22 dockershim/docker_sandbox.go (makeSandboxDockerConfig).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.cri import pod_config
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.interface import CreateOptions
from runtimes.core.docker.spec import lsm, seccomp, user
from runtimes.core.docker.spec.cgroup_parent import cgroup_parent
from runtimes.core.host.clamp import clamp_oom_score_adj
from runtimes.dockershim import labels
from runtimes.dockershim.networks import DOCKER
from runtimes.dockershim.sandbox.network import protocol
from runtimes.dockershim.spec import runtime

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runtimes.core.docker.types import ContainerConfig, HostConfig, PortBinding
    from runtimes.core.host.clamp import Grants

OOM_SCORE_ADJ = -998
_CPU_SHARES = 2
_HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRequest:
    """One pause container to be.

    Attributes:
        network: ``docker``, or one of ours, which is attached once it runs.
        handler: runtime handler; ``""`` and ``docker`` mean the Engine's default.
        files: container path -> host path of the pod's own files.
        grants: what the host lets containers have.
    """

    config: cri.PodSandboxConfig
    name: str
    image: str
    network: str
    handler: str
    cgroup_driver: cri.CgroupDriver.ValueType
    shm_bytes: int
    grants: Grants
    files: Mapping[str, Path] = field(default_factory=dict)


def create_options(request: SandboxRequest) -> CreateOptions:
    """What Docker is asked for.

    Raises:
        InvalidArgument: a user, group or profile that can't be.
    """
    return CreateOptions(name=request.name, config=_container(request), host_config=_host(request))


def _container(request: SandboxRequest) -> ContainerConfig:
    config = request.config
    found: ContainerConfig = {
        "Image": request.image,
        "Labels": labels.of_sandbox(config),
        "User": user.user(config.linux.security_context),
        "ExposedPorts": {port: {} for port in port_bindings(config)},
    }
    if not pod_config.uses_host_network(config):
        found["Hostname"] = pod_config.hostname(config)
    return found


def _host(request: SandboxRequest) -> HostConfig:
    config = request.config
    modes = pod_config.namespace_options(config)
    found: HostConfig = {
        "NetworkMode": network_mode(config, request.network),
        "IpcMode": _HOST if modes.ipc == cri.NODE else "shareable",
        "PidMode": _HOST if modes.pid == cri.NODE else "",
        "UTSMode": _HOST if modes.network == cri.NODE else "",
        "PortBindings": port_bindings(config),
        "Binds": [f"{source}:{target}:ro" for target, source in request.files.items()],
        "Sysctls": dict(config.linux.sysctls),
        "ShmSize": request.shm_bytes,
        "CgroupParent": cgroup_parent(config.linux.cgroup_parent, request.cgroup_driver),
        "CpuShares": _CPU_SHARES,
        "OomScoreAdj": clamp_oom_score_adj(OOM_SCORE_ADJ, request.grants),
        "ReadonlyRootfs": config.linux.security_context.readonly_rootfs,
        "GroupAdd": user.groups(config.linux.security_context),
        "SecurityOpt": security_options(config.linux.security_context),
        "LogConfig": {"Type": "none", "Config": {}},
    }
    runtime.put(found, request.handler)
    return found


def network_mode(config: cri.PodSandboxConfig, network: str) -> str:
    """Docker's word: a network of ours comes into an empty namespace."""
    if pod_config.uses_host_network(config):
        return _HOST
    return "default" if network == DOCKER else "none"


def port_bindings(config: cri.PodSandboxConfig) -> dict[str, list[PortBinding]]:
    """Host ports, by container port; Docker heeds them on its own network only."""
    found: dict[str, list[PortBinding]] = {}
    for mapping in config.port_mappings:
        if mapping.host_port:
            port = f"{mapping.container_port}/{protocol(mapping.protocol)}"
            binding: PortBinding = {
                "HostIp": mapping.host_ip,
                "HostPort": str(mapping.host_port),
            }
            found.setdefault(port, []).append(binding)
    return found


def security_options(context: cri.LinuxSandboxSecurityContext) -> list[str]:
    """Of the pause process. It needs no privilege, whatever the pod's containers may have."""
    confined = context.HasField("seccomp") or context.seccomp_profile_path
    return [
        "no-new-privileges",
        *(seccomp.options(context) if confined and not context.privileged else ()),
        *lsm.selinux(context.selinux_options),
    ]
