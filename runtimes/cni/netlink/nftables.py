"""nf_tables requests: tables, chains, rules, maps and their elements. Pure.

Source: include/uapi/linux/netfilter/{nfnetlink,nf_tables}.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.cni.netlink import codec, expressions
from runtimes.cni.netlink.codec import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

IPV4, IPV6 = 2, 10

PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING = range(5)
PRIORITY_DNAT, PRIORITY_FILTER, PRIORITY_SNAT = -100, 0, 100

_SUBSYSTEM = 10
_BATCH_BEGIN, _BATCH_END = 0x10, 0x11
_NEW_TABLE, _DELETE_TABLE = 0, 2
_NEW_CHAIN, _GET_CHAIN = 3, 4
_NEW_RULE, _GET_RULE, _DELETE_RULE = 6, 7, 8
_NEW_SET = 9
_NEW_ELEMENT, _DELETE_ELEMENT = 12, 14

_SET_IS_MAP = 0x8
_COMMENT_TYPE = 0
_TYPE_BITS = 6
_TYPE_IPV4, _TYPE_IPV6, _TYPE_PROTOCOL, _TYPE_PORT = 7, 8, 12, 13
_ELEMENTS_PER_MESSAGE = 500
_HEADER = struct.Struct(">BBH")


@dataclass(frozen=True, slots=True)
class Chain:
    """A base chain: where it hooks in; the policy is accept."""

    name: str
    type: str
    hook: int
    priority: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `comment` tells ours apart, and is shown by nft and iptables."""

    chain: str
    expressions: tuple[bytes, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class InstalledRule:
    """A rule as the kernel reports it."""

    chain: str
    handle: int
    comment: str


@dataclass(frozen=True, slots=True)
class Map:
    """A map from fields to fields; types are nft's own numbers, lengths count padded bytes."""

    name: str
    key_type: int
    key_bytes: int
    value_type: int
    value_bytes: int


def batch_begin() -> Message:
    return Message(_BATCH_BEGIN, 0, _HEADER.pack(0, 0, _SUBSYSTEM))


def batch_end() -> Message:
    return Message(_BATCH_END, 0, _HEADER.pack(0, 0, _SUBSYSTEM))


def new_table(family: int, name: str) -> Message:
    """Make a table; an existing one stays as it is."""
    return _message(_NEW_TABLE, codec.CREATE, family, codec.text(1, name), codec.be32(2, 0))


def delete_table(family: int, name: str) -> Message:
    return _message(_DELETE_TABLE, 0, family, codec.text(1, name))


def new_chain(family: int, table: str, chain: Chain) -> Message:
    hook = codec.nested(4, codec.be32(1, chain.hook), codec.be32(2, chain.priority))
    name = codec.text(1, table) + codec.text(3, chain.name)
    return _message(_NEW_CHAIN, codec.CREATE, family, name, hook, codec.text(7, chain.type))


def get_chain(family: int, table: str, chain: str) -> Message:
    return _message(_GET_CHAIN, 0, family, codec.text(1, table), codec.text(3, chain))


def new_rule(family: int, table: str, rule: Rule, *, first: bool = False) -> Message:
    """Add a rule at the end of its chain, or before all others."""
    return _message(
        _NEW_RULE,
        codec.CREATE | (0 if first else codec.APPEND),
        family,
        codec.text(1, table),
        codec.text(2, rule.chain),
        expressions.expression_list(4, list(rule.expressions)),
        codec.attribute(7, _comment(rule.comment)),
    )


def delete_rule(family: int, table: str, rule: InstalledRule) -> Message:
    handle = codec.be64(3, rule.handle)
    return _message(
        _DELETE_RULE, 0, family, codec.text(1, table), codec.text(2, rule.chain), handle
    )


def dump_rules(family: int, table: str, chain: str | None = None) -> Message:
    """Ask for the rules of a table; a missing one has none, or is an error on newer kernels."""
    only = codec.text(2, chain) if chain else b""
    return _message(_GET_RULE, codec.DUMP, family, codec.text(1, table), only)


def read_rules(messages: Iterable[Message]) -> list[InstalledRule]:
    return [
        _read_rule(message.body)
        for message in messages
        if message.kind == _SUBSYSTEM << 8 | _NEW_RULE
    ]


def new_map(family: int, table: str, definition: Map, set_id: int) -> Message:
    return _message(
        _NEW_SET,
        codec.CREATE,
        family,
        codec.text(1, table),
        codec.text(2, definition.name),
        codec.be32(3, _SET_IS_MAP),
        codec.be32(4, definition.key_type),
        codec.be32(5, definition.key_bytes),
        codec.be32(6, definition.value_type),
        codec.be32(7, definition.value_bytes),
        codec.be32(10, set_id),
    )


def new_elements(
    family: int, table: str, map_name: str, elements: Sequence[tuple[bytes, bytes]]
) -> Iterator[Message]:
    """Add keys with their values; an equal element is fine, another value is refused (EEXIST)."""
    encoded = [_element(key, value) for key, value in elements]
    return _element_messages(_NEW_ELEMENT, family, (table, map_name), encoded)


def delete_elements(
    family: int, table: str, map_name: str, keys: Sequence[bytes]
) -> Iterator[Message]:
    encoded = [_element(key) for key in keys]
    return _element_messages(_DELETE_ELEMENT, family, (table, map_name), encoded)


def port_key_type(family: int, *, with_address: bool) -> int:
    """Name the key `(address .) protocol . port` in nft's numbers."""
    types = [_TYPE_PROTOCOL, _TYPE_PORT]
    return _concatenated([_address_type(family), *types] if with_address else types)


def target_type(family: int) -> int:
    """Name the value `address . port` in nft's numbers."""
    return _concatenated([_address_type(family), _TYPE_PORT])


def _element_messages(
    kind: int, family: int, place: tuple[str, str], encoded: list[bytes]
) -> Iterator[Message]:
    flags = codec.CREATE if kind == _NEW_ELEMENT else 0
    names = codec.text(1, place[0]) + codec.text(2, place[1])
    for start in range(0, len(encoded), _ELEMENTS_PER_MESSAGE):
        chunk = encoded[start : start + _ELEMENTS_PER_MESSAGE]
        yield _message(kind, flags, family, names, codec.nested(3, *chunk))


def _element(key: bytes, value: bytes | None = None) -> bytes:
    parts = [codec.nested(1, expressions.data_value(key))]
    if value is not None:
        parts.append(codec.nested(2, expressions.data_value(value)))
    return codec.nested(1, *parts)


def _read_rule(body: bytes) -> InstalledRule:
    found = codec.attributes(body[_HEADER.size :])
    return InstalledRule(
        chain=codec.read_text(found.get(2, b"")),
        handle=int.from_bytes(found.get(3, b""), "big"),
        comment=_read_comment(found.get(7, b"")),
    )


def _comment(text: str) -> bytes:
    """Encode user data as libnftnl does: u8 type, u8 length, bytes with a final NUL."""
    data = text.encode() + b"\0"
    return bytes((_COMMENT_TYPE, len(data))) + data


def _read_comment(user_data: bytes) -> str:
    if len(user_data) < 2 or user_data[0] != _COMMENT_TYPE:
        return ""
    return codec.read_text(user_data[2 : 2 + user_data[1]])


def _message(kind: int, flags: int, family: int, *attributes: bytes) -> Message:
    body = _HEADER.pack(family, 0, 0) + b"".join(attributes)
    return Message(_SUBSYSTEM << 8 | kind, flags, body)


def _concatenated(types: list[int]) -> int:
    number = 0
    for kind in types:
        number = number << _TYPE_BITS | kind
    return number


def _address_type(family: int) -> int:
    return _TYPE_IPV4 if family == IPV4 else _TYPE_IPV6
