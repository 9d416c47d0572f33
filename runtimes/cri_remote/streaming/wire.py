"""What SPDY and WebSocket have in common for a client: streams by number, bytes in, bytes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

CONNECTION = -1
"""In place of a stream: the piece is to be sent back, or with `last` the connection has ended."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What came in on a stream; `last` when nothing follows."""

    stream: int
    data: bytes = b""
    last: bool = False


class Wire(Protocol):
    """One connection's codec, without any I/O. It holds no more than one small frame."""

    def receive(self, data: bytes) -> list[Piece]:
        """Take what came from the server.

        Raises:
            DataLoss: it isn't the protocol.
            ResourceExhausted: it asks for too much memory.
        """
        ...

    def send(self, stream: int, data: bytes) -> bytes:
        """Frame data for a stream."""
        ...

    def finish(self, stream: int) -> bytes:
        """End our half of a stream; nothing where the protocol can't say it."""
        ...
