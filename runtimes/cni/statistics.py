"""Traffic counters of a network namespace, read over netlink from inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cni.netlink import route
from runtimes.cni.netlink.connection import ROUTE, Connection
from runtimes.cni.network import InterfaceStatistics
from runtimes.core import netns

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.cni.netlink.route import Link


def read(path: Path) -> tuple[InterfaceStatistics, ...]:
    """Read the counters of all interfaces but loopback.

    Raises:
        NotFound: no namespace is at `path`.
    """
    with netns.enter(path, lambda: Connection(ROUTE)) as connection:
        links = route.read_links(connection.request(route.dump_links()))
    return tuple(_statistics(link) for link in links if not link.flags & route.LOOPBACK)


def _statistics(link: Link) -> InterfaceStatistics:
    rx_packets, tx_packets, rx_bytes, tx_bytes, *faults = link.counters
    rx_errors, tx_errors, rx_dropped, tx_dropped, *_ = faults
    return InterfaceStatistics(
        name=link.name,
        rx_bytes=rx_bytes,
        rx_packets=rx_packets,
        rx_errors=rx_errors,
        rx_dropped=rx_dropped,
        tx_bytes=tx_bytes,
        tx_packets=tx_packets,
        tx_errors=tx_errors,
        tx_dropped=tx_dropped,
    )
