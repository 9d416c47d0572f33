"""Connection tracking entries of UDP host ports: found and forgotten. Pure.

A UDP flow keeps the translation that it had when it began, so an entry from before a pod came, or
from after it went, would send datagrams to the wrong place for as long as they keep coming.

Source: include/uapi/linux/netfilter/nfnetlink_conntrack.h.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from runtimes.cni.netlink import codec
from runtimes.cni.netlink.codec import Message

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

_SUBSYSTEM = 1
_NEW, _GET, _DELETE = 0, 1, 2
_TUPLE_ORIGINAL, _FILTER = 1, 25
_TUPLE_PROTOCOL, _NUMBER, _DESTINATION_PORT = 2, 1, 3
_FILTER_ORIGINAL_FLAGS = 1
_MATCH_NUMBER, _MATCH_DESTINATION_PORT = 1 << 3, 1 << 5
_UDP = 17
_HEADER = struct.Struct(">BBH")


def dump_udp(family: int, port: int) -> Message:
    """Ask for the UDP entries that were first sent to `port`; older kernels answer with all."""
    protocol = codec.nested(
        _TUPLE_PROTOCOL, codec.u8(_NUMBER, _UDP), codec.be16(_DESTINATION_PORT, port)
    )
    flags = codec.u32(_FILTER_ORIGINAL_FLAGS, _MATCH_NUMBER | _MATCH_DESTINATION_PORT)
    body = codec.nested(_TUPLE_ORIGINAL, protocol) + codec.nested(_FILTER, flags)
    return Message(_SUBSYSTEM << 8 | _GET, codec.DUMP, _HEADER.pack(family, 0, 0) + body)


def deletions(family: int, messages: Iterable[Message], ports: Container[int]) -> Iterator[Message]:
    """Build the requests that delete those of the dumped entries that were sent to UDP `ports`."""
    for message in messages:
        if message.kind != _SUBSYSTEM << 8 | _NEW:
            continue
        original = codec.attributes(message.body[_HEADER.size :]).get(_TUPLE_ORIGINAL, b"")
        protocol = codec.attributes(codec.attributes(original).get(_TUPLE_PROTOCOL, b""))
        port = int.from_bytes(protocol.get(_DESTINATION_PORT, b""), "big")
        if protocol.get(_NUMBER) == bytes((_UDP,)) and port in ports:
            body = _HEADER.pack(family, 0, 0) + codec.nested(_TUPLE_ORIGINAL, original)
            yield Message(_SUBSYSTEM << 8 | _DELETE, 0, body)
