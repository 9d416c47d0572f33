"""What a network is asked for a sandbox. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cni.network import AttachRequest, DetachRequest, Dns, PortMapping
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.state.record import NetworkState

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.dockershim.state.record import SandboxRecord


def attach_request(
    record: SandboxRecord, config: cri.PodSandboxConfig, netns: Path
) -> AttachRequest:
    """What the network needs to know of a pod. Pure."""
    dns = config.dns_config
    return AttachRequest(
        sandbox_id=record.sandbox_id,
        name=record.name,
        namespace=record.namespace,
        uid=record.uid,
        netns=netns,
        port_mappings=port_mappings(config),
        annotations=dict(config.annotations),
        dns=Dns(tuple(dns.servers), tuple(dns.searches), tuple(dns.options)),
    )


def detach_request(record: SandboxRecord, netns: Path | None) -> DetachRequest:
    """The same for taking it away; `netns` None when the namespace is gone. Pure."""
    return DetachRequest(
        sandbox_id=record.sandbox_id,
        name=record.name,
        namespace=record.namespace,
        uid=record.uid,
        netns=netns,
        port_mappings=port_mappings(cri.PodSandboxConfig.FromString(record.config)),
        due=record.network is NetworkState.ATTEMPTED,
    )


def port_mappings(config: cri.PodSandboxConfig) -> tuple[PortMapping, ...]:
    """The host ports of a pod. Pure."""
    return tuple(
        PortMapping(
            protocol=protocol(mapping.protocol),
            container_port=mapping.container_port,
            host_port=mapping.host_port,
            host_ip=mapping.host_ip,
        )
        for mapping in config.port_mappings
        if mapping.host_port
    )


def protocol(number: cri.Protocol.ValueType) -> str:
    """``tcp``, ``udp`` or ``sctp``."""
    return cri.Protocol.Name(number).lower()
