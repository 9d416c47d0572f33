"""SPDY/3.1 for a client that opens all its streams at once, under numbers of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.streaming.spdy import Accepted, Connection, Opened, Received, Reset
from runtimes.cri_remote.streaming.wire import CONNECTION, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.streaming.spdy import Event


class SpdyWire:
    """Streams have the numbers of `headers`.

    Args:
        silent: the stream that nothing is sent on; it is half closed as it opens.
    """

    def __init__(self, headers: Mapping[int, Mapping[str, str]], silent: int) -> None:
        self._connection = Connection(client=True)
        self._numbers: dict[int, int] = {}
        self._opening = bytearray()
        for stream, one in headers.items():
            self._numbers[stream], frame = self._connection.open(one)
            self._opening += frame
        self._streams = {number: stream for stream, number in self._numbers.items()}
        self._opening += self.finish(silent)

    def open(self) -> bytes:
        """What goes out first."""
        return bytes(self._opening)

    def send(self, stream: int, data: bytes) -> bytes:
        """As `Wire.send`."""
        return self._connection.send(self._numbers[stream], data)

    def finish(self, stream: int) -> bytes:
        """As `Wire.finish`."""
        return self._connection.send(self._numbers[stream], b"", fin=True)

    def receive(self, data: bytes) -> list[Piece]:
        """As `Wire.receive`."""
        pieces = [piece for event in self._connection.receive(data) for piece in self._take(event)]
        answers = self._connection.answers()
        return [*pieces, Piece(CONNECTION, answers)] if answers else pieces

    def _take(self, event: Event) -> Iterator[Piece]:
        match event:
            case Received(number, data, fin):
                yield Piece(self._streams[number], data, last=fin)
            case Accepted(number, _, True) | Reset(number) if number in self._streams:
                yield Piece(self._streams[number], last=True)
            case Opened(number):  # nobody asked for more
                yield Piece(CONNECTION, self._connection.reset(number))
