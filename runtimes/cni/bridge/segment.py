"""The bridge and its networks: chosen once, made again whenever they are missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from runtimes.cni.bridge import links, subnet, sysctl
from runtimes.cni.bridge.links import Segment
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.cni.bridge.state import State
    from runtimes.cni.netlink.connection import Connection
    from runtimes.cni.netlink.route import Link, Network

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,14}")


@dataclass(frozen=True, slots=True)
class BridgeOptions:
    """How the bridge is set up.

    Attributes:
        name: of the interface and of its nf_tables tables.
        subnet: IPv4 network of the pods; None picks a free one.
        subnet6: IPv6 network of the pods; None means IPv4 alone.
    """

    name: str = "runtimes0"
    subnet: str | None = None
    subnet6: str | None = None

    def validate(self) -> None:
        """Check everything that can be checked without looking at the host.

        Raises:
            InvalidArgument: a name or a subnet that can't work.
        """
        if not _NAME.fullmatch(self.name):
            raise errors.InvalidArgument(
                f"name the pod bridge '{self.name}': expected at most 15 letters, digits, - and _"
            )
        self.configured()

    def configured(self) -> tuple[Network | None, Network | None]:
        """Read the configured networks, IPv4 and IPv6."""
        return (
            subnet.parse(self.subnet, 4) if self.subnet else None,
            subnet.parse(self.subnet6, 6) if self.subnet6 else None,
        )


def ensure(connection: Connection, state: State, options: BridgeOptions) -> Segment:
    """Make bridge, addresses and forwarding, as far as they are missing.

    Raises:
        FailedPrecondition: no network is free, a bridge of another configuration is in use, or
            the host doesn't allow forwarding.
        OSError: the kernel refused.
    """
    networks = remembered(state, options)
    bridge = links.find(connection, options.name)
    if bridge is not None and networks is None:
        _clear(connection, bridge)
        bridge = None
    if bridge is None:
        networks = choose(connection, options, networks)
        state.save_networks(tuple(map(str, networks)))
        bridge = links.make_bridge(connection, options.name)
    segment = Segment(bridge, networks or ())
    links.ensure_addresses(connection, segment)
    _forward(segment)
    return segment


def remembered(state: State, options: BridgeOptions) -> tuple[Network, ...] | None:
    """Read the networks that were chosen; None when none were, or the options say otherwise now."""
    try:
        networks = tuple(ip_network(text) for text in state.networks())
    except ValueError:
        return None
    wanted4, wanted6 = options.configured()
    found = {network.version: network for network in networks}
    if found.get(6) != wanted6 or 4 not in found:
        return None
    return networks if wanted4 in (None, found[4]) else None


def choose(
    connection: Connection, options: BridgeOptions, previous: tuple[Network, ...] | None
) -> tuple[Network, ...]:
    """Pick the networks: what is configured, what was used before, else the first free one.

    Raises:
        FailedPrecondition: none is free.
    """
    wanted4, wanted6 = options.configured()
    candidates = [wanted4] if wanted4 else [*(previous or ())[:1], *subnet.CANDIDATES]
    known = links.routes(connection)
    chosen = (subnet.choose(candidates, known),)
    return chosen if wanted6 is None else (*chosen, subnet.choose([wanted6], known))


def _clear(connection: Connection, bridge: Link) -> None:
    """Remove a bridge that nobody uses and whose networks aren't the wanted ones."""
    if links.ports(connection, bridge):
        raise errors.FailedPrecondition(
            f"set up pod bridge {bridge.name}: it exists with pods on it and other networks than "
            f"the wanted ones; stop them and run: ip link delete {bridge.name}"
        )
    links.delete(connection, bridge.name)


def _forward(segment: Segment) -> None:
    sysctl.ensure("ipv4/ip_forward", "1")
    # Lets answers to connections from 127.0.0.1 to host ports come back through the bridge.
    sysctl.ensure(f"ipv4/conf/{segment.bridge.name}/route_localnet", "1")
    if len(segment.networks) > 1:
        sysctl.forward_ipv6()
