"""What went over a pod's interfaces, as the CRI says it. Pure.

Source: CRI NetworkUsage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.cni.network import InterfaceStatistics

DEFAULT_INTERFACE = "eth0"


def network(found: Iterable[InterfaceStatistics], timestamp_ns: int) -> cri.NetworkUsage:
    """The default interface apart from the others."""
    interfaces = [_interface(each) for each in found]
    default = next((each for each in interfaces if each.name == DEFAULT_INTERFACE), None)
    return cri.NetworkUsage(
        timestamp=timestamp_ns,
        default_interface=default,
        interfaces=[each for each in interfaces if each is not default],
    )


def _interface(found: InterfaceStatistics) -> cri.NetworkInterfaceUsage:
    return cri.NetworkInterfaceUsage(
        name=found.name,
        rx_bytes=cri.UInt64Value(value=found.rx_bytes),
        rx_errors=cri.UInt64Value(value=found.rx_errors),
        tx_bytes=cri.UInt64Value(value=found.tx_bytes),
        tx_errors=cri.UInt64Value(value=found.tx_errors),
    )
