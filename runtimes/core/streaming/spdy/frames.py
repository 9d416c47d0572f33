"""Frames on the wire, integers big-endian.

    control  1 bit 1 | version 3 (15 bits) | type (2 bytes) | flags (1) | length (3) | payload
    data     1 bit 0 | stream (31 bits)                     | flags (1) | length (3) | bytes

Control frames are read whole, so they have a limit; the bytes of data frames are passed on as they
come, so a frame may be as long as its length can say.

Source: SPDY protocol, draft 3.1, 2.2 (Framing).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION: Final = 3
FIN: Final = 1
STREAM_MASK: Final = 0x7FFF_FFFF
LONGEST: Final = 0xFF_FFFF
_CONTROL = 0x8000_0000
_HEAD = struct.Struct("!II")


class Kind(IntEnum):
    SYN_STREAM = 1
    SYN_REPLY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PING = 6
    GOAWAY = 7
    HEADERS = 8
    WINDOW_UPDATE = 9


@dataclass(frozen=True, slots=True)
class Control:
    """Attributes:
    kind: a `Kind`, or the number of one that isn't known.
    """

    kind: int
    flags: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a data frame; `fin` with the last of one that ends its stream."""

    stream: int
    data: bytes
    fin: bool


def control(kind: Kind, payload: bytes, *, fin: bool = False) -> bytes:
    word = _CONTROL | VERSION << 16 | kind
    return _HEAD.pack(word, (FIN if fin else 0) << 24 | len(payload)) + payload


def data(stream: int, content: bytes, *, fin: bool = False) -> bytes:
    """One frame for each 16 MiB; one at least."""
    rest = memoryview(content)
    frames: list[bytes | memoryview] = []
    while len(rest) > LONGEST:
        frames += [_HEAD.pack(stream, LONGEST), rest[:LONGEST]]
        rest = rest[LONGEST:]
    frames += [_HEAD.pack(stream, (FIN if fin else 0) << 24 | len(rest)), rest]
    return b"".join(frames)


class Reader:
    """Takes bytes apart into frames; keeps at most one control frame that isn't whole.

    Args:
        limit: bytes that a control frame may have.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._stream = 0
        self._left = 0
        self._fin = False

    def feed(self, received: bytes) -> Iterator[Control | Piece]:
        """Yield what is whole now. Exhaust it before the next call.

        Raises:
            DataLoss: it isn't SPDY/3.
            ResourceExhausted: a control frame is too long.
        """
        self._buffer += received
        while True:
            if self._left:
                if not self._buffer:
                    return
                yield self._piece()
            elif len(self._buffer) < _HEAD.size:
                return
            else:
                frame = self._frame(*_HEAD.unpack_from(self._buffer))
                if frame is None:
                    return
                yield frame

    def _frame(self, word: int, rest: int) -> Control | Piece | None:
        flags, length = rest >> 24, rest & LONGEST
        if not word & _CONTROL:
            del self._buffer[: _HEAD.size]
            self._stream, self._left, self._fin = word, length, bool(flags & FIN)
            return self._piece()
        if word >> 16 & 0x7FFF != VERSION:
            raise errors.DataLoss(f"SPDY: frame of version {word >> 16 & 0x7FFF} instead of 3")
        if length > self._limit:
            raise errors.ResourceExhausted(
                f"SPDY: a control frame of {length} bytes; at most {self._limit} are taken"
            )
        end = _HEAD.size + length
        if len(self._buffer) < end:
            return None
        payload = bytes(self._buffer[_HEAD.size : end])
        del self._buffer[:end]
        return Control(word & 0xFFFF, flags, payload)

    def _piece(self) -> Piece:
        some = bytes(self._buffer[: self._left])
        del self._buffer[: len(some)]
        self._left -= len(some)
        return Piece(self._stream, some, self._fin and not self._left)
