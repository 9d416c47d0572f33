"""A token bucket on an interface: what it sends is shaped to a rate. Pure.

Source: include/uapi/linux/{rtnetlink,pkt_sched}.h.
"""

from __future__ import annotations

import struct

from runtimes.cni.netlink import codec
from runtimes.cni.netlink.codec import Message

_NEW_QDISC = 36
_KIND, _OPTIONS = 1, 2
_PARAMETERS, _RATE64, _BURST = 1, 4, 6
_ROOT = 0xFFFFFFFF
_HANDLE = 0x00010000
_ETHERNET = 1
_U32_MAX = 0xFFFFFFFF
_HEADER = struct.Struct("=BxHiIII")
_RATE = struct.Struct("=BBHhHI")
_REST = struct.Struct("=III")
_U64 = struct.Struct("=Q")

_LEAST_BURST_BYTES = 64 * 1024
_BURST_PER_SECOND, _QUEUE_PER_SECOND = 50, 40


def limit_rate(index: int, bits_per_second: int) -> Message:
    """Shape what an interface sends; packets wait up to 25 ms, then are dropped."""
    rate = max(1, bits_per_second // 8)
    burst = min(max(rate // _BURST_PER_SECOND, _LEAST_BURST_BYTES), _U32_MAX)
    limit = min(burst + rate // _QUEUE_PER_SECOND, _U32_MAX)
    spec = _RATE.pack(0, _ETHERNET, 0, 0, 0, min(rate, _U32_MAX))
    parameters = spec + bytes(_RATE.size) + _REST.pack(limit, 0, 0)
    options = codec.nested(
        _OPTIONS,
        codec.attribute(_PARAMETERS, parameters),
        codec.u32(_BURST, burst),
        codec.attribute(_RATE64, _U64.pack(rate)) if rate >= _U32_MAX else b"",
    )
    body = _HEADER.pack(0, 0, index, _HANDLE, _ROOT, 0) + codec.text(_KIND, "tbf") + options
    return Message(_NEW_QDISC, codec.CREATE | codec.REPLACE, body)
