"""Header blocks: names and values, compressed with one context for a connection's life.

Layout before compression, integers big-endian: count (4 bytes), then for each header the length
of its name (4), the name, the length of its value (4), the value.

Source: SPDY protocol, draft 3.1, 2.6.10 (Name/Value Header Block) and 2.6.10.1 (Compression).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.spdy.dictionary import DICTIONARY

if TYPE_CHECKING:
    from collections.abc import Mapping

_LENGTH = struct.Struct("!I")
_WINDOW_BITS = 11
"""3.5 KiB of memory per connection instead of 90."""


class Packer:
    """Compresses the blocks of one direction, in the order in which they are sent."""

    def __init__(self) -> None:
        self._zlib = zlib.compressobj(9, zlib.DEFLATED, _WINDOW_BITS, 1, 0, DICTIONARY)

    def pack(self, headers: Mapping[str, str]) -> bytes:
        parts = [_LENGTH.pack(len(headers))]
        for pair in headers.items():
            for text in (pair[0].lower(), pair[1]):
                data = text.encode("latin-1")
                parts += [_LENGTH.pack(len(data)), data]
        return self._zlib.compress(b"".join(parts)) + self._zlib.flush(zlib.Z_SYNC_FLUSH)


class Unpacker:
    """Decompresses the blocks of one direction, in the order in which they came.

    Args:
        limit: bytes that a block may have once decompressed.
    """

    def __init__(self, limit: int) -> None:
        self._zlib = zlib.decompressobj(zdict=DICTIONARY)
        self._limit = limit

    def unpack(self, block: bytes) -> dict[str, str]:
        """Raises:
        DataLoss: it isn't a header block.
        ResourceExhausted: it is too large.
        """
        try:
            plain = self._zlib.decompress(block, self._limit + 1)
        except zlib.error as error:
            raise errors.DataLoss(f"SPDY: a header block can't be decompressed: {error}") from error
        if len(plain) > self._limit:
            raise errors.ResourceExhausted(
                f"SPDY: a header block has more than {self._limit} bytes"
            )
        try:
            return _parse(plain)
        except struct.error as error:
            raise errors.DataLoss("SPDY: a header block ends too early") from error


def _parse(plain: bytes) -> dict[str, str]:
    (count,) = _LENGTH.unpack_from(plain, 0)
    headers: dict[str, str] = {}
    at = _LENGTH.size
    for _ in range(count):
        name, at = _text(plain, at)
        value, at = _text(plain, at)
        headers[name.lower()] = value
    return headers


def _text(plain: bytes, at: int) -> tuple[str, int]:
    (length,) = _LENGTH.unpack_from(plain, at)
    start = at + _LENGTH.size
    if start + length > len(plain):
        raise struct.error
    return plain[start : start + length].decode("latin-1"), start + length
