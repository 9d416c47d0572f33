"""Netlink's framing as pure functions.

A datagram holds messages, each a 16-byte header (u32 length, u16 kind, u16 flags, u32 sequence,
u32 port, host byte order) and a body, padded to 4 bytes. A body is a fixed struct, often, and then
attributes: u16 length, u16 kind, payload, padded to 4 bytes.

Source: include/uapi/linux/netlink.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = 0x1
ACK = 0x4
REPLACE = 0x100
EXCLUSIVE = 0x200
CREATE = 0x400
APPEND = 0x800
DUMP = 0x300

ERROR = 2
DONE = 3

_NESTED = 0x8000
_KIND_MASK = 0x3FFF
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_U8 = struct.Struct("=B")
_U32 = struct.Struct("=I")
_BE16 = struct.Struct(">H")
_BE32 = struct.Struct(">I")
_BE64 = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `flags` of a request get REQUEST and ACK added by the sender as needed."""

    kind: int
    flags: int
    body: bytes
    sequence: int = 0


def encode(message: Message) -> bytes:
    length = _HEADER.size + len(message.body)
    header = _HEADER.pack(length, message.kind, message.flags, message.sequence, 0)
    return header + message.body + _padding(len(message.body))


def decode(datagram: bytes) -> Iterator[Message]:
    """Yield the messages of a datagram; one that is cut short ends it."""
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, flags, sequence, _port = _HEADER.unpack_from(datagram, offset)
        if length < _HEADER.size or offset + length > len(datagram):
            return
        yield Message(kind, flags, datagram[offset + _HEADER.size : offset + length], sequence)
        offset += length + len(_padding(length))


def attribute(kind: int, payload: bytes) -> bytes:
    header = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(payload), kind)
    return header + payload + _padding(len(payload))


def nested(kind: int, *attributes: bytes) -> bytes:
    return attribute(kind | _NESTED, b"".join(attributes))


def text(kind: int, value: str) -> bytes:
    """Encode a string with its final NUL."""
    return attribute(kind, value.encode() + b"\0")


def u8(kind: int, value: int) -> bytes:
    return attribute(kind, _U8.pack(value))


def u32(kind: int, value: int) -> bytes:
    return attribute(kind, _U32.pack(value))


def be16(kind: int, value: int) -> bytes:
    return attribute(kind, _BE16.pack(value))


def be32(kind: int, value: int) -> bytes:
    """Encode a number as netfilter wants it: in network byte order."""
    return attribute(kind, _BE32.pack(value & 0xFFFFFFFF))


def be64(kind: int, value: int) -> bytes:
    return attribute(kind, _BE64.pack(value))


def attribute_pairs(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kind (flag bits removed) and payload of each attribute; one cut short ends it."""
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size or offset + length > len(data):
            return
        yield kind & _KIND_MASK, data[offset + _ATTRIBUTE.size : offset + length]
        offset += length + len(_padding(length))


def attributes(data: bytes) -> dict[int, bytes]:
    """Decode attributes by kind; of a repeated kind the last one counts."""
    return dict(attribute_pairs(data))


def read_u32(payload: bytes) -> int:
    return int(_U32.unpack_from(payload)[0])


def read_text(payload: bytes) -> str:
    return payload.split(b"\0", 1)[0].decode(errors="replace")


def _padding(length: int) -> bytes:
    return b"\0" * (-length % 4)
