"""The ports that a pod's sandbox maps.

Source: kubelet pkg/kubelet/container/helpers.go (MakePortMappings).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.core.pod import v1

_PROTOCOLS = {"": cri.TCP, "TCP": cri.TCP, "UDP": cri.UDP, "SCTP": cri.SCTP}


def port_mappings(pod: v1.Pod) -> list[cri.PortMapping]:
    """One per port of each regular container; a host port of 0 maps nothing."""
    return [
        cri.PortMapping(
            protocol=_PROTOCOLS[port.protocol],
            container_port=port.container_port or 0,
            host_port=port.host_port or 0,
            host_ip=port.host_ip,
        )
        for container in pod.spec.containers
        for port in container.ports
    ]
