"""Interfaces: the bridge, and the pair of each pod."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING

from runtimes.cni.bridge import names
from runtimes.cni.bridge.subnet import gateway
from runtimes.cni.netlink import qdisc, route
from runtimes.cni.netlink.connection import ROUTE, Connection, is_missing
from runtimes.core import errors, netns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runtimes.cni.netlink.codec import Message
    from runtimes.cni.netlink.route import Link, Network, Route

_DEFAULT_MTU = 1500
_LINK_PATIENCE, _LINK_POLL = 5.0, 0.001


@dataclass(frozen=True, slots=True)
class Segment:
    """A bridge that is ready: its link, and the networks of its pods, IPv4 first."""

    bridge: Link
    networks: tuple[Network, ...]


def find(connection: Connection, name: str) -> Link | None:
    try:
        return route.read_links(connection.request(route.get_link(name)))[0]
    except OSError as error:
        if is_missing(error):
            return None
        raise


def routes(connection: Connection) -> list[Route]:
    return route.read_routes(connection.request(route.dump_routes()))


def ports(connection: Connection, bridge: Link) -> list[Link]:
    links = route.read_links(connection.request(route.dump_links()))
    return [link for link in links if link.master == bridge.index]


def make_bridge(connection: Connection, name: str) -> Link:
    """Make a bridge with the MTU of the way out of this host."""
    mtu = _outward_mtu(connection)
    connection.request(route.new_bridge(name, names.bridge_mac(name), mtu))
    bridge = find(connection, name)
    if bridge is None:
        raise errors.Unavailable(f"make bridge {name}: somebody deleted it at once; try again")
    return bridge


def ensure_addresses(connection: Connection, segment: Segment) -> None:
    """Give the bridge its gateway addresses and bring it up."""
    index = segment.bridge.index
    for network in segment.networks:
        try:
            connection.request(route.new_address(index, gateway(network)))
        except FileExistsError:
            continue
    if not segment.bridge.flags & route.UP:
        connection.request(route.set_up(index))


def connect(
    segment: Segment, host_name: str, namespace: Path, ips: Iterable[str], *, egress_bps: int
) -> str:
    """Plug a namespace into the bridge and configure its end; return the pod's MAC.

    `egress_bps` limits what the pod sends, unless it is 0.

    Raises:
        NotFound: the namespace is gone.
        OSError: the kernel refused a step; what was made so far stays.
    """
    addresses = [ip_address(ip) for ip in ips]
    mac = names.pod_mac(addresses[0])
    inner = netns.enter(namespace, lambda: Connection(ROUTE))
    with inner, Connection(ROUTE) as outer:
        descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
        try:
            mtu, master = segment.bridge.mtu or _DEFAULT_MTU, segment.bridge.index
            pair = route.Veth(host_name, master, mtu, names.POD_INTERFACE, mac, descriptor)
            outer.request(route.new_veth(pair))
        finally:
            os.close(descriptor)
        pod = find(inner, names.POD_INTERFACE)
        if pod is None:
            raise errors.Aborted(f"configure {names.POD_INTERFACE} in {namespace}: it was removed")
        inner.batch(_configuration(pod.index, segment.networks, addresses))
        _limit(inner, pod.index, egress_bps)
        _await_operational(inner, names.POD_INTERFACE)
    return mac


def tune(connection: Connection, host_name: str, *, hairpin: bool, ingress_bps: int) -> None:
    """Set up the host's end of a pair.

    `hairpin` lets a pod reach itself by its own host port, also where br_netfilter bridges that.
    `ingress_bps` limits what the pod receives, unless it is 0.
    """
    link = _await_operational(connection, host_name)
    if hairpin:
        connection.request(route.set_port_hairpin(link.index))
    _limit(connection, link.index, ingress_bps)


def await_bridge(connection: Connection, name: str) -> None:
    """Wait until the bridge passes packets, which it does once its first port does.

    Raises:
        Unavailable: it doesn't.
    """
    _await_operational(connection, name)


def cut_off(connection: Connection, host_name: str) -> None:
    """Silence a pod's port at once; the kernel frees the pair when the namespace goes.

    Deleting it here would wait tens of milliseconds for an RCU grace period.
    """
    link = find(connection, host_name)
    if link is None:
        return
    try:
        connection.request(route.set_port_disabled(link.index))
    except OSError as error:
        if not is_missing(error):
            delete(connection, host_name)  # not on a bridge: nothing to silence it with


def delete(connection: Connection, name: str) -> None:
    """Delete a link and wait until it is gone; a missing one is fine."""
    try:
        connection.request(route.delete_link(name))
    except OSError as error:
        if not is_missing(error):
            raise


def _await_operational(connection: Connection, name: str) -> Link:
    """Wait for the kernel's link watch: until it has run, an interface that is up drops packets.

    Since Linux 6.8 asking for the link makes it run.
    """
    limit = time.monotonic() + _LINK_PATIENCE
    while True:
        link = find(connection, name)
        if link is None:
            raise errors.Aborted(f"wait for interface {name}: somebody deleted it")
        if link.is_operational:
            return link
        if time.monotonic() >= limit:
            raise errors.Unavailable(f"wait for interface {name}: no carrier; try again")
        time.sleep(_LINK_POLL)


def _limit(connection: Connection, index: int, bits_per_second: int) -> None:
    if bits_per_second:
        connection.request(qdisc.limit_rate(index, bits_per_second))


def _configuration(
    index: int, networks: Iterable[Network], addresses: Iterable[route.Address]
) -> list[Message]:
    messages = [route.set_up(route.LOOPBACK_INDEX), route.set_up(index)]
    by_version = {network.version: network for network in networks}
    for address in addresses:
        network = by_version[address.version]
        own = ip_interface((address, network.prefixlen))
        messages.append(route.new_address(index, own))
        messages.append(route.new_default_route(index, gateway(network).ip))
    return messages


def _outward_mtu(connection: Connection) -> int:
    default = next((each for each in routes(connection) if each.destination is None), None)
    if default is None:
        return _DEFAULT_MTU
    links = route.read_links(connection.request(route.dump_links()))
    return next((link.mtu for link in links if link.index == default.link_index), _DEFAULT_MTU)
