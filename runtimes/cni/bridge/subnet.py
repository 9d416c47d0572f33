"""Which network the pods get. Pure."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runtimes.cni.netlink.route import Interface, Network, Route

CANDIDATES = tuple(
    ip_network(text)
    for text in (
        "10.86.0.0/16",
        "10.84.0.0/16",
        "10.73.0.0/16",
        "192.168.208.0/20",
        "198.18.0.0/16",
        *(f"10.{second}.0.0/16" for second in (*range(64, 73), *range(74, 84), *range(90, 96))),
    )
)
"""Clear of the usual neighbours: Docker (172.16/12, 192.168.0/17 upwards), podman (10.88, 10.89),
CRI-O (10.85), k3s (10.42, 10.43), flannel (10.244), services (10.96), libvirt (192.168.122).

Enough for many roots on one host, each with a bridge of its own."""

_SMALLEST_PREFIX = {4: 29, 6: 120}


def parse(text: str, version: int) -> Network:
    """Read a configured subnet.

    Raises:
        InvalidArgument: no network of that IP version, or one with too few addresses.
    """
    try:
        network = ip_network(text)
    except ValueError as error:
        raise errors.InvalidArgument(
            f"read pod subnet '{text}': {error}; write e.g. 10.86.0.0/16 or fd00:86::/64"
        ) from error
    if network.version != version or network.prefixlen > _SMALLEST_PREFIX[version]:
        raise errors.InvalidArgument(
            f"read pod subnet '{text}': expected an IPv{version} network of at least "
            f"/{_SMALLEST_PREFIX[version]}"
        )
    return network


def choose(wanted: Sequence[Network], routes: Iterable[Route]) -> Network:
    """Pick the first network that no route overlaps.

    Raises:
        FailedPrecondition: every one is in use; the message names by which route.
    """
    taken = [route.destination for route in routes if route.destination is not None]
    reasons: list[str] = []
    for network in wanted:
        clash = next((other for other in taken if overlaps(network, other)), None)
        if clash is None:
            return network
        reasons.append(f"{network} (route {clash})")
    raise errors.FailedPrecondition(
        f"choose a pod subnet: this host already routes {', '.join(reasons)}; configure a subnet "
        "that is free in your network"
    )


def overlaps(one: Network, other: Network) -> bool:
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one.overlaps(other)
    if isinstance(one, IPv6Network) and isinstance(other, IPv6Network):
        return one.overlaps(other)
    return False


def gateway(network: Network) -> Interface:
    """Give the bridge's own address: the first of the network."""
    from ipaddress import ip_interface

    return ip_interface((network.network_address + 1, network.prefixlen))
