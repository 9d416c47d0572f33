"""The nf_tables table of one bridge and IP version, as values. Pure.

    prerouting, output   to a local address, port in a map: rewrite to the pod's address and port
    postrouting          from pods to elsewhere: masquerade; to a pod by way of a host port from
                         another pod, from itself or from 127.0.0.1: masquerade, so that the answer
                         comes back this way
    forward              from elsewhere to a pod: only answers and host ports (Docker has the same)
    input                from pods to 127.0.0.0/8: only answers (route_localnet opens that door,
                         see CVE-2020-8558)

A drop is final whatever other tables say; an accept is not, so letting packets pass a firewall
that drops is the work of `runtimes.cni.bridge.forward`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from runtimes.cni.netlink import expressions as ex
from runtimes.cni.netlink import nftables
from runtimes.cni.netlink.nftables import Chain, Map, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.cni.netlink.codec import Message
    from runtimes.cni.netlink.route import Address, Network
    from runtimes.cni.network import PortMapping

PORTS = "ports"
PORTS_BY_ADDRESS = "ports_by_address"

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}

_CHAINS = (
    Chain("prerouting", "nat", nftables.PREROUTING, nftables.PRIORITY_DNAT),
    Chain("output", "nat", nftables.OUTPUT, nftables.PRIORITY_DNAT),
    Chain("postrouting", "nat", nftables.POSTROUTING, nftables.PRIORITY_SNAT),
    Chain("forward", "filter", nftables.FORWARD, nftables.PRIORITY_FILTER),
    Chain("input", "filter", nftables.INPUT, nftables.PRIORITY_FILTER),
)
_LOOPBACK4 = (b"\x7f\0\0\0", b"\xff\0\0\0")
_ANSWERS = ex.STATE_ESTABLISHED_OR_RELATED


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the two IP versions keep their addresses."""

    family: int
    address_bytes: int
    source_offset: int
    destination_offset: int


_LAYOUT = {
    4: Layout(nftables.IPV4, 4, 12, 16),
    6: Layout(nftables.IPV6, 16, 8, 24),
}


@dataclass(frozen=True, slots=True)
class Element:
    """An entry of one of the two port maps."""

    map_name: str
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Table:
    """All that belongs to one bridge and IP version; named after the bridge."""

    bridge: str
    network: Network

    @property
    def layout(self) -> Layout:
        return _LAYOUT[self.network.version]

    @property
    def family(self) -> int:
        return self.layout.family

    @cache  # noqa: B019 - a table is a small value, and a process has one or two
    def rules(self) -> tuple[Rule, ...]:
        """List the rules; their comment is a digest of all, so a change of any is seen."""
        drafts = [*self._port_rules(), *self._masquerade_rules(), *self._guard_rules()]
        digest = hashlib.sha256()
        for chain, parts in drafts:
            digest.update(chain.encode() + b"".join(parts))
        comment = f"runtimes {digest.hexdigest()[:16]}"
        return tuple(Rule(chain, tuple(parts), comment) for chain, parts in drafts)

    def replacement(self, elements: Iterable[Element]) -> list[Message]:
        """Make the table anew, with its elements, in one transaction."""
        make = nftables.new_table(self.family, self.bridge)
        messages = [make, nftables.delete_table(self.family, self.bridge), make]
        messages += [nftables.new_chain(self.family, self.bridge, chain) for chain in _CHAINS]
        messages += [
            nftables.new_map(self.family, self.bridge, each, number)
            for number, each in enumerate(self._maps(), start=1)
        ]
        messages += [nftables.new_rule(self.family, self.bridge, rule) for rule in self.rules()]
        return messages + self.addition(elements)

    def addition(self, elements: Iterable[Element]) -> list[Message]:
        messages: list[Message] = []
        for name, chosen in _by_map(elements).items():
            pairs = [(element.key, element.value) for element in chosen]
            messages += nftables.new_elements(self.family, self.bridge, name, pairs)
        return messages

    def removal(self, elements: Iterable[Element]) -> list[Message]:
        messages: list[Message] = []
        for name, chosen in _by_map(elements).items():
            keys = [element.key for element in chosen]
            messages += nftables.delete_elements(self.family, self.bridge, name, keys)
        return messages

    def element(self, mapping: PortMapping, target: Address) -> Element:
        key = _field(bytes((PROTOCOLS[mapping.protocol],))) + _port(mapping.host_port)
        value = target.packed + _port(mapping.container_port)
        if is_any_address(mapping.host_ip):
            return Element(PORTS, key, value)
        return Element(PORTS_BY_ADDRESS, ip_address(mapping.host_ip).packed + key, value)

    def _maps(self) -> tuple[Map, Map]:
        size, value_type = self.layout.address_bytes, nftables.target_type(self.family)
        plain = nftables.port_key_type(self.family, with_address=False)
        by_address = nftables.port_key_type(self.family, with_address=True)
        return (
            Map(PORTS, plain, 8, value_type, size + 4),
            Map(PORTS_BY_ADDRESS, by_address, size + 8, value_type, size + 4),
        )

    def _port_rules(self) -> list[tuple[str, list[bytes]]]:
        return [
            (chain, [*self._to_this_host(chain), *load, ex.lookup(name), self._rewrite()])
            for chain in ("prerouting", "output")
            for name, load in (
                (PORTS_BY_ADDRESS, self._load_address_and_port()),
                (PORTS, _load_port(ex.KEY_REGISTER)),
            )
        ]

    def _to_this_host(self, chain: str) -> list[bytes]:
        if self.network.version == 4 or chain == "prerouting":
            return ex.destination_is_local()
        loopback = ip_address("::1").packed
        load = ex.load_destination_address(self.layout.destination_offset, 16, ex.KEY_REGISTER)
        # ::1 can't leave the host: IPv6 knows no route_localnet.
        return [load, ex.compare(ex.NOT_EQUAL, loopback), *ex.destination_is_local()]

    def _load_address_and_port(self) -> list[bytes]:
        size, offset = self.layout.address_bytes, self.layout.destination_offset
        load = ex.load_destination_address(offset, size, ex.KEY_REGISTER)
        return [load, *_load_port(ex.KEY_REGISTER + size // 4)]

    def _rewrite(self) -> bytes:
        return ex.destination_nat(self.family, self.layout.address_bytes)

    def _masquerade_rules(self) -> list[tuple[str, list[bytes]]]:
        elsewhere = ex.interface_is(ex.META_OUTPUT_NAME, self.bridge, ex.NOT_EQUAL)
        to_pod = ex.interface_is(ex.META_OUTPUT_NAME, self.bridge)
        by_port = ex.conntrack_has(ex.CT_STATUS, ex.STATUS_DNAT, wanted=True)
        bodies = [[*self._from_pod(), *elsewhere], [*to_pod, *by_port, *self._from_pod()]]
        if self.network.version == 4:
            bodies.append([*to_pod, *ex.address_in(self.layout.source_offset, *_LOOPBACK4)])
        return [("postrouting", [*body, ex.masquerade()]) for body in bodies]

    def _from_pod(self) -> list[bytes]:
        address, mask = self.network.network_address.packed, self.network.netmask.packed
        return ex.address_in(self.layout.source_offset, address, mask)

    def _guard_rules(self) -> list[tuple[str, list[bytes]]]:
        unasked = ex.conntrack_has(ex.CT_STATE, _ANSWERS, wanted=False)
        forward = [
            *ex.interface_is(ex.META_OUTPUT_NAME, self.bridge),
            *ex.interface_is(ex.META_INPUT_NAME, self.bridge, ex.NOT_EQUAL),
            *unasked,
            *ex.conntrack_has(ex.CT_STATUS, ex.STATUS_DNAT, wanted=False),
            ex.verdict(ex.DROP),
        ]
        if self.network.version == 6:
            return [("forward", forward)]
        from_bridge = ex.interface_is(ex.META_INPUT_NAME, self.bridge)
        to_loopback = ex.address_in(self.layout.destination_offset, *_LOOPBACK4)
        return [
            ("forward", forward),
            ("input", [*from_bridge, *to_loopback, *unasked, ex.verdict(ex.DROP)]),
        ]


def is_any_address(host_ip: str) -> bool:
    return host_ip in ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


def _by_map(elements: Iterable[Element]) -> dict[str, list[Element]]:
    chosen: dict[str, list[Element]] = {}
    for element in elements:
        chosen.setdefault(element.map_name, []).append(element)
    return chosen


def _load_port(register: int) -> list[bytes]:
    return [ex.meta(ex.META_L4_PROTOCOL, register), ex.load_destination_port(register + 1)]


def _port(number: int) -> bytes:
    return _field(number.to_bytes(2, "big"))


def _field(value: bytes) -> bytes:
    return value.ljust(4, b"\0")
