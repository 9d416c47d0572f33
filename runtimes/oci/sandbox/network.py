"""A sandbox's pod network: which one, and what it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cni.choose import NetworkOptions, open_network
from runtimes.cni.network import AttachRequest, DetachRequest, Dns, PodNetwork, PortMapping
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.state.record import NetworkState

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.options import OciOptions
    from runtimes.oci.state.paths import Paths
    from runtimes.oci.state.record import SandboxRecord


def choose(options: OciOptions, paths: Paths) -> PodNetwork:
    """The built-in bridge, or the host's CNI plugins where the options name their configuration."""
    return open_network(
        NetworkOptions(
            state_dir=paths.run_root / "network",
            cni_conf_dir=options.cni_conf_dir,
            cni_cache_dir=paths.root / "cni",
            cni_bin_dirs=options.cni_bin_dirs,
            bridge=options.bridge,
            subnet=options.subnet,
            subnet6=options.subnet6,
        )
    )


def attach_request(
    record: SandboxRecord, config: cri.PodSandboxConfig, netns: Path
) -> AttachRequest:
    """What the network needs to know of a pod. Pure."""
    return AttachRequest(
        sandbox_id=record.id,
        name=record.name,
        namespace=record.namespace,
        uid=record.uid,
        netns=netns,
        port_mappings=port_mappings(config),
        annotations=dict(config.annotations),
        dns=Dns(
            tuple(config.dns_config.servers),
            tuple(config.dns_config.searches),
            tuple(config.dns_config.options),
        ),
    )


def detach_request(
    record: SandboxRecord, config: cri.PodSandboxConfig, netns: Path | None
) -> DetachRequest:
    """The same for taking it away; `netns` None when the namespace is gone. Pure."""
    return DetachRequest(
        sandbox_id=record.id,
        name=record.name,
        namespace=record.namespace,
        uid=record.uid,
        netns=netns,
        port_mappings=port_mappings(config),
        due=record.network is NetworkState.ATTEMPTED,
    )


def port_mappings(config: cri.PodSandboxConfig) -> tuple[PortMapping, ...]:
    """The host ports of a pod. Pure."""
    return tuple(
        PortMapping(
            protocol=cri.Protocol.Name(mapping.protocol).lower(),
            container_port=mapping.container_port,
            host_port=mapping.host_port,
            host_ip=mapping.host_ip,
        )
        for mapping in config.port_mappings
        if mapping.host_port
    )
