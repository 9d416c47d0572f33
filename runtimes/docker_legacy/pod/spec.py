"""What the Engine is told to create for a pod.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go (runContainer,
createPodInfraContainer).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors, labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.interface import CreateOptions
from runtimes.core.docker.spec import container as asked_for
from runtimes.core.docker.spec import lsm, resources
from runtimes.core.host.clamp import clamp_oom_score_adj
from runtimes.core.names import LegacyName
from runtimes.kubelet.generate.notes import parse_hash

if TYPE_CHECKING:
    from runtimes.core.docker.facts import EngineHost
    from runtimes.core.docker.types import ContainerConfig, HostConfig, LogConfig, PortBinding
    from runtimes.core.host.clamp import Grants

IMAGE = "runtimes.kubelet/image"
"""Label of a container: its image as the pod names it."""
INFRA_OOM_SCORE = -998
ENGINE_LOG: LogConfig = {"Type": "json-file", "Config": {}}
"""The log is read from the Engine's file, whatever the Engine's own default is."""
_PROTOCOLS = {cri.TCP: "tcp", cri.UDP: "udp", cri.SCTP: "sctp"}


def infra(config: cri.PodSandboxConfig, image: str, random: str, grants: Grants) -> CreateOptions:
    """The container that holds the pod's namespaces."""
    security = config.linux.security_context
    options = security.namespace_options
    on_host = options.network == cri.NODE
    ports = {} if on_host else _ports(config)
    name = labels.SANDBOX_CONTAINER_NAME
    described: ContainerConfig = {
        "Image": image,
        "Hostname": config.hostname,
        "ExposedPorts": {port: {} for port in ports},
        "Labels": {
            **config.labels,
            **config.annotations,
            labels.CONTAINER_NAME: name,
            labels.CONTAINER_RESTART_COUNT: str(config.metadata.attempt),
        },
    }
    host: HostConfig = {
        "NetworkMode": "host" if on_host else "default",
        "IpcMode": "host" if options.ipc == cri.NODE else "shareable",
        "PidMode": "host" if options.pid == cri.NODE else "",
        "UTSMode": "host" if on_host else "",
        "PortBindings": ports,
        "Sysctls": dict(config.linux.sysctls),
        "Dns": list(config.dns_config.servers),
        "DnsSearch": list(config.dns_config.searches),
        "DnsOptions": list(config.dns_config.options),
        "CgroupParent": config.linux.cgroup_parent,
        "OomScoreAdj": clamp_oom_score_adj(INFRA_OOM_SCORE, grants),
        "SecurityOpt": ["no-new-privileges", *lsm.selinux(security.selinux_options)],
    }
    return CreateOptions(
        name=_name(config.metadata, name, "0", random), config=described, host_config=host
    )


def _ports(config: cri.PodSandboxConfig) -> dict[str, list[PortBinding]]:
    bindings: dict[str, list[PortBinding]] = {}
    for one in config.port_mappings:
        port = f"{one.container_port}/{_PROTOCOLS[one.protocol]}"
        host_port = str(one.host_port) if one.host_port else ""
        if host_port:
            bindings.setdefault(port, []).append({"HostIp": one.host_ip, "HostPort": host_port})
    return bindings


@dataclass(frozen=True, slots=True)
class Joined:
    """The infra container whose namespaces a container joins, and what can be had there."""

    id: str
    config: cri.PodSandboxConfig
    host: EngineHost


def container(
    config: cri.ContainerConfig, infra: Joined, noted: dict[str, str], random: str
) -> CreateOptions:
    """One container in an infra container; `noted` are labels beside those of its config.

    Raises:
        InvalidArgument, FailedPrecondition, Unimplemented: what can't be had, see
            `runtimes.core.docker.spec`.
    """
    _refuse_what_only_cgroups_limit(config, infra.host)
    written = {**config.labels, **config.annotations, **noted}
    limited = asked_for.host_config(config, infra.id, infra.host, {})
    limited["CgroupParent"] = infra.config.linux.cgroup_parent
    limited["LogConfig"] = ENGINE_LOG
    hash_ = config.annotations.get(labels.CONTAINER_HASH, "")
    return CreateOptions(
        name=_name(infra.config.metadata, config.metadata.name, hash_, random),
        config=asked_for.container_config(config, config.image.image, written),
        host_config=limited,
    )


def _refuse_what_only_cgroups_limit(config: cri.ContainerConfig, host: EngineHost) -> None:
    if resources.beyond_engine(config.linux.resources, host.cgroups):
        raise errors.Unimplemented(
            f"limit huge pages of container '{config.metadata.name}': Docker can't; use backend "
            "'dockershim'"
        )


def _name(pod: cri.PodSandboxMetadata, container: str, hash_: str, random: str) -> str:
    return str(
        LegacyName(
            container=container,
            pod=pod.name,
            namespace=pod.namespace,
            uid=pod.uid,
            hash=parse_hash(hash_),
            random=random,
        )
    )
