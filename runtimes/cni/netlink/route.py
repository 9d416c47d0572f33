"""rtnetlink requests and answers: links, addresses, routes. Pure.

Source: include/uapi/linux/{rtnetlink,if_link,if_addr,if_bridge,veth}.h.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TYPE_CHECKING

from runtimes.cni.netlink import codec
from runtimes.cni.netlink.codec import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

Address = IPv4Address | IPv6Address
Interface = IPv4Interface | IPv6Interface
Network = IPv4Network | IPv6Network

NEW_LINK, DELETE_LINK, GET_LINK, SET_LINK = 16, 17, 18, 19
NEW_ADDRESS = 20
NEW_ROUTE, GET_ROUTE = 24, 26

UP = 0x1
LOOPBACK = 0x8
LOOPBACK_INDEX = 1

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_MASTER = 1, 3, 4, 10
_IFLA_PROTINFO, _IFLA_OPERSTATE, _IFLA_LINKINFO = 12, 16, 18
_IFLA_STATS64, _IFLA_NET_NS_FD = 23, 28
_OPERATIONAL = b"\x06"
_IFLA_INFO_KIND, _IFLA_INFO_DATA = 1, 2
_VETH_INFO_PEER = 1
_BRPORT_STATE, _BRPORT_HAIRPIN = 1, 4
_BRPORT_STATE_DISABLED = 0
_IFA_ADDRESS, _IFA_LOCAL, _IFA_BROADCAST = 1, 2, 4
_IFA_F_NODAD = 0x02
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5
_TABLE_MAIN, _PROTOCOL_STATIC, _SCOPE_UNIVERSE, _TYPE_UNICAST = 254, 4, 0, 1
_AF_BRIDGE = 7

_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_STATS64 = struct.Struct("=8Q")


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface.

    Attributes:
        is_operational: packets can pass; of a pair or a bridge that happens some time after UP.
        counters: rx packets, tx packets, rx bytes, tx bytes, rx errors, tx errors, rx and tx drops.
    """

    index: int
    name: str
    flags: int
    mtu: int
    mac: str
    master: int
    is_operational: bool
    counters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the main or another table; `destination` None is a default route."""

    destination: Network | None
    link_index: int


@dataclass(frozen=True, slots=True)
class Veth:
    """A pair: `name` here, on a bridge and up, and `peer_name` in the namespace of `netns_fd`."""

    name: str
    master: int
    mtu: int
    peer_name: str
    peer_mac: str
    netns_fd: int


def new_veth(veth: Veth) -> Message:
    peer = codec.nested(
        _VETH_INFO_PEER,
        _link_header(),
        codec.text(_IFLA_IFNAME, veth.peer_name),
        codec.attribute(_IFLA_ADDRESS, _mac_bytes(veth.peer_mac)),
        codec.u32(_IFLA_MTU, veth.mtu),
        codec.u32(_IFLA_NET_NS_FD, veth.netns_fd),
    )
    body = (
        _link_header(flags=UP, change=UP)
        + codec.text(_IFLA_IFNAME, veth.name)
        + codec.u32(_IFLA_MTU, veth.mtu)
        + codec.u32(_IFLA_MASTER, veth.master)
        + _link_info("veth", codec.nested(_IFLA_INFO_DATA, peer))
    )
    return Message(NEW_LINK, codec.CREATE | codec.EXCLUSIVE, body)


def new_bridge(name: str, mac: str, mtu: int) -> Message:
    """Make a bridge that is up; a MAC of its own keeps it from changing with its ports."""
    body = (
        _link_header(flags=UP, change=UP)
        + codec.text(_IFLA_IFNAME, name)
        + codec.attribute(_IFLA_ADDRESS, _mac_bytes(mac))
        + codec.u32(_IFLA_MTU, mtu)
        + _link_info("bridge")
    )
    return Message(NEW_LINK, codec.CREATE | codec.EXCLUSIVE, body)


def set_up(index: int) -> Message:
    return Message(SET_LINK, 0, _link_header(index=index, flags=UP, change=UP))


def delete_link(name: str) -> Message:
    return Message(DELETE_LINK, 0, _link_header() + codec.text(_IFLA_IFNAME, name))


def get_link(name: str) -> Message:
    return Message(GET_LINK, 0, _link_header() + codec.text(_IFLA_IFNAME, name))


def dump_links() -> Message:
    return Message(GET_LINK, codec.DUMP, _link_header())


def set_port_hairpin(index: int) -> Message:
    """Let a bridge send frames back to the port that they came from."""
    return _set_port(index, codec.u8(_BRPORT_HAIRPIN, 1))


def set_port_disabled(index: int) -> Message:
    """Cut a bridge port off, at once: unlike deleting it, this waits for no grace period."""
    return _set_port(index, codec.u8(_BRPORT_STATE, _BRPORT_STATE_DISABLED))


def new_address(index: int, address: Interface) -> Message:
    packed = address.ip.packed
    flags = _IFA_F_NODAD if address.version == 6 else 0
    header = _ADDRESS.pack(_family(address.version), address.network.prefixlen, flags, 0, index)
    body = header + codec.attribute(_IFA_LOCAL, packed) + codec.attribute(_IFA_ADDRESS, packed)
    if address.version == 4:
        body += codec.attribute(_IFA_BROADCAST, address.network.broadcast_address.packed)
    return Message(NEW_ADDRESS, codec.CREATE | codec.REPLACE, body)


def new_default_route(index: int, gateway: Address) -> Message:
    header = _route_header(_family(gateway.version))
    gateway_attribute = codec.attribute(_RTA_GATEWAY, gateway.packed)
    body = header + gateway_attribute + codec.u32(_RTA_OIF, index)
    return Message(NEW_ROUTE, codec.CREATE | codec.EXCLUSIVE, body)


def dump_routes() -> Message:
    return Message(GET_ROUTE, codec.DUMP, _route_header(socket.AF_UNSPEC))


def read_links(messages: Iterable[Message]) -> list[Link]:
    return [_read_link(message.body) for message in messages if message.kind == NEW_LINK]


def read_routes(messages: Iterable[Message]) -> list[Route]:
    """Decode unicast routes."""
    found = (_read_route(message.body) for message in messages if message.kind == NEW_ROUTE)
    return [route for route in found if route is not None]


def _read_link(body: bytes) -> Link:
    _family, _kind, index, flags, _change = _LINK.unpack_from(body)
    found = codec.attributes(body[_LINK.size :])
    statistics = found.get(_IFLA_STATS64, b"").ljust(_STATS64.size, b"\0")
    return Link(
        index=index,
        name=codec.read_text(found.get(_IFLA_IFNAME, b"")),
        flags=flags,
        mtu=codec.read_u32(found[_IFLA_MTU]) if _IFLA_MTU in found else 0,
        mac=found.get(_IFLA_ADDRESS, b"").hex(":"),
        master=codec.read_u32(found[_IFLA_MASTER]) if _IFLA_MASTER in found else 0,
        is_operational=found.get(_IFLA_OPERSTATE) == _OPERATIONAL,
        counters=_STATS64.unpack_from(statistics),
    )


def _read_route(body: bytes) -> Route | None:
    fields = _ROUTE.unpack_from(body)
    family, prefix, kind = fields[0], fields[1], fields[7]
    if family not in (socket.AF_INET, socket.AF_INET6) or kind != _TYPE_UNICAST:
        return None
    found = codec.attributes(body[_ROUTE.size :])
    link_index = codec.read_u32(found[_RTA_OIF]) if _RTA_OIF in found else 0
    if prefix == 0 or _RTA_DST not in found:
        return Route(None, link_index)
    return Route(ip_network((ip_address(found[_RTA_DST]), prefix)), link_index)


def _set_port(index: int, setting: bytes) -> Message:
    header = _link_header(family=_AF_BRIDGE, index=index)
    return Message(SET_LINK, 0, header + codec.nested(_IFLA_PROTINFO, setting))


def _link_header(*, family: int = 0, index: int = 0, flags: int = 0, change: int = 0) -> bytes:
    return _LINK.pack(family, 0, index, flags, change)


def _route_header(family: int) -> bytes:
    return _ROUTE.pack(
        family, 0, 0, 0, _TABLE_MAIN, _PROTOCOL_STATIC, _SCOPE_UNIVERSE, _TYPE_UNICAST, 0
    )


def _link_info(kind: str, data: bytes = b"") -> bytes:
    return codec.nested(_IFLA_LINKINFO, codec.text(_IFLA_INFO_KIND, kind), data)


def _family(version: int) -> int:
    return socket.AF_INET if version == 4 else socket.AF_INET6


def _mac_bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))
