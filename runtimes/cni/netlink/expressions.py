"""nf_tables expressions, the instructions of a rule. Pure.

Registers: 16-byte ones overlap 32-bit ones; keys and values made of several fields lie in 32-bit
registers that follow each other, each field padded to 4 bytes.

Source: include/uapi/linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

from runtimes.cni.netlink import codec

VERDICT_REGISTER = 0
KEY_REGISTER = 8
VALUE_REGISTER = 16

EQUAL, NOT_EQUAL = 0, 1
ACCEPT, DROP = 1, 0

META_INPUT_NAME, META_OUTPUT_NAME, META_L4_PROTOCOL = 6, 7, 16
CT_STATE, CT_STATUS = 0, 2
STATE_ESTABLISHED_OR_RELATED = 0x2 | 0x4
STATUS_DNAT = 1 << 5

_EXPRESSION_NAME, _EXPRESSION_DATA, _LIST_ELEMENT = 1, 2, 1
_DATA_VALUE, _DATA_VERDICT, _VERDICT_CODE = 1, 2, 1
_NAME_BYTES = 16
_FIB_ADDRESS_TYPE, _FIB_DESTINATION = 3, 2
_LOCAL_ADDRESS = 2
_NETWORK_HEADER, _TRANSPORT_HEADER = 1, 2
_DESTINATION_PORT_OFFSET = 2
_NAT_DESTINATION = 1


def meta(key: int, register: int = KEY_REGISTER) -> bytes:
    return _expression("meta", codec.be32(1, register), codec.be32(2, key))


def compare(operator: int, value: bytes, register: int = KEY_REGISTER) -> bytes:
    return _expression(
        "cmp", codec.be32(1, register), codec.be32(2, operator), codec.nested(3, data_value(value))
    )


def payload(base: int, offset: int, length: int, register: int = KEY_REGISTER) -> bytes:
    return _expression(
        "payload",
        codec.be32(1, register),
        codec.be32(2, base),
        codec.be32(3, offset),
        codec.be32(4, length),
    )


def mask(bits: bytes, register: int = KEY_REGISTER) -> bytes:
    return _expression(
        "bitwise",
        codec.be32(1, register),
        codec.be32(2, register),
        codec.be32(3, len(bits)),
        codec.nested(4, data_value(bits)),
        codec.nested(5, data_value(bytes(len(bits)))),
    )


def conntrack(key: int, register: int = KEY_REGISTER) -> bytes:
    return _expression("ct", codec.be32(1, register), codec.be32(2, key))


def lookup(map_name: str) -> bytes:
    """Look KEY_REGISTER up in a map: VALUE_REGISTER gets what is found, else the rule ends."""
    return _expression(
        "lookup",
        codec.text(1, map_name),
        codec.be32(2, KEY_REGISTER),
        codec.be32(3, VALUE_REGISTER),
    )


def destination_nat(family: int, address_bytes: int) -> bytes:
    """Rewrite the destination to the address and, behind it, the port in VALUE_REGISTER."""
    return _expression(
        "nat",
        codec.be32(1, _NAT_DESTINATION),
        codec.be32(2, family),
        codec.be32(3, VALUE_REGISTER),
        codec.be32(5, VALUE_REGISTER + address_bytes // 4),
    )


def masquerade() -> bytes:
    return _expression("masq")


def counter() -> bytes:
    return _expression("counter", codec.be64(1, 0), codec.be64(2, 0))


def verdict(code: int) -> bytes:
    value = codec.nested(_DATA_VERDICT, codec.be32(_VERDICT_CODE, code))
    return _expression("immediate", codec.be32(1, VERDICT_REGISTER), codec.nested(2, value))


def interface_is(key: int, name: str, operator: int = EQUAL) -> list[bytes]:
    """Match a whole interface name."""
    return [meta(key), compare(operator, name.encode().ljust(_NAME_BYTES, b"\0"))]


def destination_is_local() -> list[bytes]:
    fib = _expression(
        "fib",
        codec.be32(1, KEY_REGISTER),
        codec.be32(2, _FIB_ADDRESS_TYPE),
        codec.be32(3, _FIB_DESTINATION),
    )
    return [fib, compare(EQUAL, _host_u32(_LOCAL_ADDRESS))]


def address_in(offset: int, network: bytes, netmask: bytes, operator: int = EQUAL) -> list[bytes]:
    """Match the address at `offset` of the network header against a prefix."""
    load = payload(_NETWORK_HEADER, offset, len(network))
    return [load, mask(netmask), compare(operator, network)]


def load_destination_address(offset: int, length: int, register: int) -> bytes:
    return payload(_NETWORK_HEADER, offset, length, register)


def load_destination_port(register: int) -> bytes:
    return payload(_TRANSPORT_HEADER, _DESTINATION_PORT_OFFSET, 2, register)


def conntrack_has(key: int, bits: int, *, wanted: bool) -> list[bytes]:
    """Match when any of `bits` is set, or none is."""
    operator = NOT_EQUAL if wanted else EQUAL
    return [conntrack(key), mask(_host_u32(bits)), compare(operator, bytes(4))]


def data_value(value: bytes) -> bytes:
    return codec.attribute(_DATA_VALUE, value)


def expression_list(kind: int, expressions: list[bytes]) -> bytes:
    """Wrap expressions as the attribute `kind` of a rule."""
    return codec.nested(kind, *expressions)


def _expression(name: str, *attributes: bytes) -> bytes:
    return codec.nested(
        _LIST_ELEMENT,
        codec.text(_EXPRESSION_NAME, name),
        codec.nested(_EXPRESSION_DATA, *attributes),
    )


def _host_u32(value: int) -> bytes:
    import sys

    return value.to_bytes(4, sys.byteorder)
