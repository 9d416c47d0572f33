"""Pod networks: CNI plugins by exec and a built-in bridge over netlink."""

from runtimes.cni.choose import NetworkOptions, open_network
from runtimes.cni.network import (
    AttachRequest,
    AttachResult,
    Bandwidth,
    DetachRequest,
    Dns,
    InterfaceStatistics,
    PodNetwork,
    PortMapping,
)

__all__ = [
    "AttachRequest",
    "AttachResult",
    "Bandwidth",
    "DetachRequest",
    "Dns",
    "InterfaceStatistics",
    "NetworkOptions",
    "PodNetwork",
    "PortMapping",
    "open_network",
]
