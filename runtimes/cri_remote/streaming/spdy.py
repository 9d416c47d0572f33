"""SPDY/3.1 as Kubernetes' streaming servers speak it: streams for one request, no flow control.

    control: 1 version(15) type(16) flags(8) length(24) payload
    data:    0 stream(31)           flags(8) length(24) payload       all big-endian

Headers that the server sends are of no use to us, so nothing is ever inflated; data are handed on
before their frame is complete, so only control frames are held, up to a bound.

Source: SPDY Protocol Draft 3.1; moby/spdystream ignores windows and settings.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.spdy.dictionary import DICTIONARY
from runtimes.cri_remote.streaming.wire import CONNECTION, Piece

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

VERSION = 3
SYN_STREAM, SYN_REPLY, RST_STREAM, PING, HEADERS = 1, 2, 3, 6, 8
FIN = 1
MAX_DATA = 2**24 - 1
MAX_CONTROL = 64 * 1024
_HEAD = 8
_CONTROL = 0x80000000
_SMALL_WINDOW = 11


class SpdyWire:
    """Streams are numbered as in `headers`; on the wire they are 1, 3, 5..."""

    def __init__(self, headers: Sequence[Mapping[str, str]]) -> None:
        self._headers = headers
        self._buffer = bytearray()
        self._stream = 0
        self._left = 0
        self._fin = False

    def open(self) -> bytes:
        """Frames that open all streams."""
        deflate = zlib.compressobj(
            zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, _SMALL_WINDOW, zdict=DICTIONARY
        )
        frames = []
        for stream, headers in enumerate(self._headers):
            block = deflate.compress(_block(headers)) + deflate.flush(zlib.Z_SYNC_FLUSH)
            payload = struct.pack(">IIH", _number(stream), 0, 0) + block
            frames.append(_control(SYN_STREAM, payload))
        return b"".join(frames)

    def send(self, stream: int, data: bytes) -> bytes:
        """Frame data, in several frames if they are too many for one."""
        chunks = (data[start : start + MAX_DATA] for start in range(0, len(data), MAX_DATA))
        return b"".join(_data(_number(stream), chunk) for chunk in chunks)

    def finish(self, stream: int) -> bytes:
        """An empty frame that ends our half."""
        return _data(_number(stream), b"", FIN)

    def receive(self, data: bytes) -> list[Piece]:
        """As `Wire.receive`."""
        self._buffer += data
        pieces: list[Piece] = []
        while self._step(pieces):
            pass
        return pieces

    def _step(self, pieces: list[Piece]) -> bool:
        """Take one frame, or a part of a data frame; tell whether there was any."""
        if self._left:
            return self._take_data(pieces)
        if len(self._buffer) < _HEAD:
            return False
        first, second = struct.unpack_from(">II", self._buffer)
        flags, length = second >> 24, second & MAX_DATA
        if first & _CONTROL:
            return self._take_control(first, flags, length, pieces)
        del self._buffer[:_HEAD]
        self._stream, self._left, self._fin = _index(first), length, bool(flags & FIN)
        if not length and self._fin:
            pieces.append(Piece(self._stream, last=True))
        return True

    def _take_data(self, pieces: list[Piece]) -> bool:
        taken = bytes(self._buffer[: self._left])
        if not taken:
            return False
        del self._buffer[: len(taken)]
        self._left -= len(taken)
        pieces.append(Piece(self._stream, taken, last=self._fin and not self._left))
        return True

    def _take_control(self, first: int, flags: int, length: int, pieces: list[Piece]) -> bool:
        if (first >> 16) & 0x7FFF != VERSION or length > MAX_CONTROL:
            raise errors.DataLoss(f"read SPDY: frame {first:#010x} of {length} bytes is none")
        if len(self._buffer) < _HEAD + length:
            return False
        frame = bytes(self._buffer[: _HEAD + length])
        del self._buffer[: _HEAD + length]
        kind = first & 0xFFFF
        if kind in {SYN_REPLY, RST_STREAM, HEADERS, PING} and length < 4:
            raise errors.DataLoss(f"read SPDY: control frame {kind} has {length} bytes")
        if kind == PING and not frame[11] & 1:
            pieces.append(Piece(CONNECTION, frame))
        elif kind == RST_STREAM or (kind in {SYN_REPLY, HEADERS} and flags & FIN):
            (stream,) = struct.unpack_from(">I", frame, _HEAD)
            pieces.append(Piece(_index(stream), last=True))
        return True


def _number(stream: int) -> int:
    return 2 * stream + 1


def _index(number: int) -> int:
    return (number & 0x7FFFFFFF) // 2


def _block(headers: Mapping[str, str]) -> bytes:
    parts = [struct.pack(">I", len(headers))]
    for text in (text for pair in headers.items() for text in pair):
        parts += [struct.pack(">I", len(text)), text.encode("latin-1")]
    return b"".join(parts)


def _control(kind: int, payload: bytes) -> bytes:
    return struct.pack(">II", _CONTROL | VERSION << 16 | kind, len(payload)) + payload


def _data(number: int, data: bytes, flags: int = 0) -> bytes:
    return struct.pack(">II", number, flags << 24 | len(data)) + data
