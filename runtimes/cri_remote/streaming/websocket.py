"""WebSocket as Kubernetes' streaming servers speak it: each message begins with its channel.

    fin(1) 0(3) opcode(4)  mask(1) length(7, 16 or 64)  [mask key(32)]  channel(8) payload

`v5.channel.k8s.io` ends a channel by a message of 255 and the channel's number; `v4` can't. To
forward ports there is also SPDY within the messages, which have no channel then.

Source: RFC 6455, section 5; Kubernetes KEP 4006.
"""

from __future__ import annotations

import secrets
import struct
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.channels import V5, encode, encode_close
from runtimes.cri_remote.streaming.wire import CONNECTION, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.cri_remote.streaming.wire import Wire

CONTINUATION, BINARY, CLOSE, PING, PONG = 0, 2, 8, 9, 10
CLOSE_CHANNEL = 255
_FIN = 0x80
_MASKED = 0x80
_MAX_CONTROL = 125


class Messages:
    """Takes bytes of a server apart; keeps at most one control frame that isn't whole.

    Attributes:
        begins: whether the bytes that `feed` yields are a message's first.
    """

    def __init__(self) -> None:
        self.begins = True
        self._buffer = bytearray()
        self._left = 0

    def feed(self, data: bytes) -> Iterator[bytes | Piece]:
        """Yield bytes of messages as they come, and what is to be sent back.

        Raises:
            DataLoss: it isn't WebSocket.
        """
        self._buffer += data
        while self._buffer:
            if self._left:
                taken = bytes(self._buffer[: self._left])
                del self._buffer[: len(taken)]
                self._left -= len(taken)
                yield taken
                self.begins = False
                continue
            head = _head(self._buffer)
            if head is None:
                return
            opcode, size, length = head
            if opcode >= CLOSE:
                if len(self._buffer) < size + length:
                    return
                payload = bytes(self._buffer[size : size + length])
                del self._buffer[: size + length]
                yield from _control(opcode, payload)
            else:
                del self._buffer[:size]
                self._left = length
                self.begins = self.begins or opcode != CONTINUATION


class WebSocketWire:
    """Streams are channels.

    Args:
        protocol: what the server chose.
        skipped: bytes at the beginning of each channel that aren't data: a forwarded port.
    """

    def __init__(self, protocol: str, *, skipped: int = 0) -> None:
        self._messages = Messages()
        self._half_closes = protocol == V5
        self._skipped = skipped
        self._skips: dict[int, int] = {}
        self._channel = 0

    def send(self, stream: int, data: bytes) -> bytes:
        """One message."""
        return frame(BINARY, encode(stream, data))

    def finish(self, stream: int) -> bytes:
        """A message that closes the channel, in v5."""
        return frame(BINARY, encode_close(stream)) if self._half_closes else b""

    def receive(self, data: bytes) -> list[Piece]:
        """As `Wire.receive`."""
        parts = self._messages.feed(data)
        return [part if isinstance(part, Piece) else self._piece(part) for part in parts]

    def _piece(self, data: bytes) -> Piece:
        if self._messages.begins:
            self._channel, data = data[0], data[1:]
        if self._channel == CLOSE_CHANNEL:
            return Piece(data[0], last=True) if data else Piece(CONNECTION)
        skip = self._skips.setdefault(self._channel, self._skipped)
        self._skips[self._channel] = max(0, skip - len(data))
        return Piece(self._channel, data[skip:])


class TunnelWire:
    """Another wire's bytes in messages."""

    def __init__(self, inner: Wire) -> None:
        self._messages = Messages()
        self._inner = inner

    def send(self, stream: int, data: bytes) -> bytes:
        """As `Wire.send`."""
        return frame(BINARY, self._inner.send(stream, data))

    def finish(self, stream: int) -> bytes:
        """As `Wire.finish`."""
        return frame(BINARY, self._inner.finish(stream))

    def receive(self, data: bytes) -> list[Piece]:
        """As `Wire.receive`."""
        pieces = []
        for part in self._messages.feed(data):
            if isinstance(part, Piece):
                pieces.append(part)
            else:
                pieces += map(_framed, self._inner.receive(part))
        return pieces


def _framed(piece: Piece) -> Piece:
    if piece.stream != CONNECTION:
        return piece
    return Piece(CONNECTION, frame(BINARY, piece.data), piece.last)


def _control(opcode: int, payload: bytes) -> Iterator[Piece]:
    if opcode == PING:
        yield Piece(CONNECTION, frame(PONG, payload))
    elif opcode == CLOSE:
        yield Piece(CONNECTION, frame(CLOSE, payload[:2]), last=True)


def _head(buffer: bytearray) -> tuple[int, int, int] | None:
    """Opcode, size of the head and length of the payload; None while it is incomplete."""
    if len(buffer) < 2:
        return None
    opcode, length = buffer[0] & 0x0F, buffer[1] & 0x7F
    size = {126: 4, 127: 10}.get(length, 2)
    if buffer[0] & 0x70 or buffer[1] & _MASKED:
        raise errors.DataLoss("read WebSocket: a server's frame has extensions or a mask")
    if opcode >= CLOSE and length > _MAX_CONTROL:
        raise errors.DataLoss("read WebSocket: a control frame is too long to be one")
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
