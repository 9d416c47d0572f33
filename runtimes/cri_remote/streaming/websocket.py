"""WebSocket as Kubernetes' streaming servers speak it: each message begins with its channel.

    fin(1) 0(3) opcode(4)  mask(1) length(7, 16 or 64)  [mask key(32)]  channel(8) payload

`v5.channel.k8s.io` ends a channel by a message of 255 and the channel's number; `v4` can't.

Source: RFC 6455, section 5; Kubernetes KEP 4006.
"""

from __future__ import annotations

import secrets
import struct

from runtimes.core import errors
from runtimes.cri_remote.streaming.wire import CONNECTION, Piece

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
CLOSE_CHANNEL = 255
_FIN = 0x80
_MASKED = 0x80
_MAX_CONTROL = 125


class WebSocketWire:
    """Streams are channels.

    Args:
        protocol: what the server chose.
        skipped: bytes at the beginning of each channel that aren't data: a forwarded port.
    """

    def __init__(self, protocol: str, *, skipped: int = 0) -> None:
        self._half_closes = protocol == V5
        self._skipped = skipped
        self._skips: dict[int, int] = {}
        self._buffer = bytearray()
        self._left = 0
        self._channel: int | None = None

    def send(self, stream: int, data: bytes) -> bytes:
        """One message."""
        return frame(BINARY, bytes([stream]) + data)

    def finish(self, stream: int) -> bytes:
        """A message that closes the channel, in v5."""
        return frame(BINARY, bytes([CLOSE_CHANNEL, stream])) if self._half_closes else b""

    def receive(self, data: bytes) -> list[Piece]:
        """As `Wire.receive`."""
        self._buffer += data
        pieces: list[Piece] = []
        while self._step(pieces):
            pass
        return pieces

    def _step(self, pieces: list[Piece]) -> bool:
        if self._left:
            return self._take(pieces)
        head = _head(self._buffer)
        if head is None:
            return False
        opcode, size, length = head
        if opcode >= CLOSE:
            return self._control(opcode, size, length, pieces)
        if opcode != CONTINUATION:
            self._channel = None
        del self._buffer[:size]
        self._left = length
        return True

    def _take(self, pieces: list[Piece]) -> bool:
        if not self._buffer:
            return False
        if self._channel is None:
            self._channel = self._buffer[0]
            self._left -= 1
            del self._buffer[:1]
            return True
        taken = bytes(self._buffer[: self._left])
        del self._buffer[: len(taken)]
        self._left -= len(taken)
        pieces.append(self._piece(self._channel, taken))
        return True

    def _piece(self, channel: int, data: bytes) -> Piece:
        if channel == CLOSE_CHANNEL:
            return Piece(data[0], last=True)
        skip = self._skips.setdefault(channel, self._skipped)
        self._skips[channel] = max(0, skip - len(data))
        return Piece(channel, data[skip:])

    def _control(self, opcode: int, size: int, length: int, pieces: list[Piece]) -> bool:
        if length > _MAX_CONTROL:
            raise errors.DataLoss(f"read WebSocket: a control frame of {length} bytes is none")
        if len(self._buffer) < size + length:
            return False
        payload = bytes(self._buffer[size : size + length])
        del self._buffer[: size + length]
        if opcode == PING:
            pieces.append(Piece(CONNECTION, frame(PONG, payload)))
        elif opcode == CLOSE:
            pieces.append(Piece(CONNECTION, frame(CLOSE, payload[:2]), last=True))
        return True


def _head(buffer: bytearray) -> tuple[int, int, int] | None:
    """Opcode, size of the head and length of the payload; None while it is incomplete."""
    if len(buffer) < 2:
        return None
    opcode, length = buffer[0] & 0x0F, buffer[1] & 0x7F
    size = {126: 4, 127: 10}.get(length, 2)
    if buffer[0] & 0x70 or buffer[1] & _MASKED:
        raise errors.DataLoss("read WebSocket: a server's frame has extensions or a mask")
    if len(buffer) < size:
        return None
    if size > 2:
        (length,) = struct.unpack_from(">H" if size == 4 else ">Q", buffer, 2)
    return opcode, size, length


def frame(opcode: int, payload: bytes) -> bytes:
    """Make a whole message of a client, masked as the RFC demands."""
    length = len(payload)
    if length < 126:
        size = struct.pack(">B", _MASKED | length)
    elif length < 2**16:
        size = struct.pack(">BH", _MASKED | 126, length)
    else:
        size = struct.pack(">BQ", _MASKED | 127, length)
    key = secrets.token_bytes(4)
    return bytes([_FIN | opcode]) + size + key + _mask(payload, key)


def _mask(payload: bytes, key: bytes) -> bytes:
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    number = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return number.to_bytes(len(payload), "little")
