"""One connection and its streams, for either side.

A stream is open from its SYN_STREAM until both sides have ended it (FIN), or one has reset it.
There is no flow control in what Kubernetes uses: whoever reads too slowly holds up the whole
connection, through TCP.

Source: SPDY protocol, draft 3.1, 2.3 (Streams); moby/spdystream, which kubelet and crictl use.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runtimes.core import errors
from runtimes.core.streaming.spdy import frames
from runtimes.core.streaming.spdy.events import Accepted, Left, Opened, Received, Reset
from runtimes.core.streaming.spdy.frames import FIN, STREAM_MASK, Kind
from runtimes.core.streaming.spdy.headers import Packer, Unpacker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.streaming.spdy.events import Event

PROTOCOL_ERROR: Final = 1
REFUSED_STREAM: Final = 3
CANCEL: Final = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Attributes:
    streams: that may be open at once.
    control_bytes: of a frame that isn't data, as it comes.
    header_bytes: of a header block, decompressed.
    """

    streams: int = 1024
    control_bytes: int = 16 * 1024
    header_bytes: int = 8 * 1024


@dataclass(slots=True)
class _Ends:
    ours: bool = False
    theirs: bool = False


class Connection:
    """Turns bytes into events and calls into bytes.

    Methods that send return the bytes; they go out in the order of the calls. `receive` may have
    answers too, which `answers` hands out.
    """

    def __init__(self, *, client: bool, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._reader = frames.Reader(self._limits.control_bytes)
        self._unpacker = Unpacker(self._limits.header_bytes)
        self._packer = Packer()
        self._next = 1 if client else 2
        self._theirs = 0 if client else 1
        self._last = 0
        self._streams: dict[int, _Ends] = {}
        self._answers = bytearray()

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._streams)

    def receive(self, data: bytes) -> Iterator[Event]:
        """Yield what the peer did. Exhaust it before the next call.

        Raises:
            DataLoss: the peer doesn't keep to the protocol; close the connection.
            ResourceExhausted: it asks for more than the limits allow; likewise.
        """
        for frame in self._reader.feed(data):
            if isinstance(frame, frames.Piece):
                yield from self._piece(frame)
            else:
                yield from self._control(frame)

    def answers(self) -> bytes:
        """Take what `receive` wants sent: replies to PING, refusals."""
        taken = bytes(self._answers)
        self._answers.clear()
        return taken

    def open(self, headers: Mapping[str, str], *, fin: bool = False) -> tuple[int, bytes]:
        """Begin a stream; return its number too."""
        stream, self._next = self._next, self._next + 2
        self._streams[stream] = _Ends(ours=fin)
        payload = struct.pack("!IIH", stream, 0, 0) + self._packer.pack(headers)
        return stream, frames.control(Kind.SYN_STREAM, payload, fin=fin)

    def accept(self, stream: int, headers: Mapping[str, str] | None = None) -> bytes:
        """Take a stream that the peer opened."""
        payload = struct.pack("!I", stream) + self._packer.pack(headers or {})
        return frames.control(Kind.SYN_REPLY, payload)

    def send(self, stream: int, data: bytes, *, fin: bool = False) -> bytes:
        """Nothing is sent once the stream is closed on our side, or was reset."""
        ends = self._streams.get(stream)
        if ends is None or ends.ours:
            return b""
        if fin:
            ends.ours = True
            self._forget(stream)
        return frames.data(stream, data, fin=fin)

    def reset(self, stream: int, status: int = CANCEL) -> bytes:
        self._streams.pop(stream, None)
        return frames.control(Kind.RST_STREAM, struct.pack("!II", stream, status))

    def ping(self, number: int) -> bytes:
        """`number` is odd for clients, even for servers; the peer sends it back."""
        return frames.control(Kind.PING, struct.pack("!I", number))

    def leave(self, status: int = 0) -> bytes:
        """Say that we take no more streams; `status` is 0 or `PROTOCOL_ERROR`."""
        return frames.control(Kind.GOAWAY, struct.pack("!II", self._last, status))

    def _forget(self, stream: int) -> None:
        ends = self._streams[stream]
        if ends.ours and ends.theirs:
            del self._streams[stream]

    def _piece(self, piece: frames.Piece) -> Iterator[Event]:
        ends = self._streams.get(piece.stream)
        if ends is None or ends.theirs:
            return  # of a stream that is over
        if piece.fin:
            ends.theirs = True
            self._forget(piece.stream)
        if piece.data or piece.fin:
            yield Received(piece.stream, piece.data, piece.fin)

    def _control(self, frame: frames.Control) -> Iterator[Event]:
        try:
            event = self._event(frame)
        except struct.error as error:
            raise errors.DataLoss(f"SPDY: frame of type {frame.kind} is too short") from error
        if event is not None:
            yield event

    def _event(self, frame: frames.Control) -> Event | None:
        fin = bool(frame.flags & FIN)
        match frame.kind:
            case Kind.SYN_STREAM:
                return self._opened(frame.payload, fin=fin)
            case Kind.SYN_REPLY:
                return self._accepted(frame.payload, fin=fin)
            case Kind.RST_STREAM:
                stream, status = struct.unpack("!II", frame.payload)
                known = self._streams.pop(stream & STREAM_MASK, None)
                return Reset(stream & STREAM_MASK, status) if known else None
            case Kind.PING:
                self._pinged(frame.payload)
            case Kind.GOAWAY:
                return Left(struct.unpack("!II", frame.payload)[1])
            case Kind.HEADERS:  # they change the compression's state
                return self._more_headers(frame.payload, fin=fin)
        return None  # SETTINGS, WINDOW_UPDATE: nobody uses flow control

    def _opened(self, payload: bytes, *, fin: bool) -> Event | None:
        stream = struct.unpack_from("!IIH", payload)[0] & STREAM_MASK
        headers = self._unpacker.unpack(payload[10:])
        if stream % 2 != self._theirs or stream <= self._last:
            raise errors.DataLoss(f"SPDY: the peer can't open stream {stream} now")
        self._last = stream
        if len(self._streams) >= self._limits.streams:
            self._answers += self.reset(stream, REFUSED_STREAM)
            return None
        self._streams[stream] = _Ends(theirs=fin)
        return Opened(stream, headers, fin)

    def _accepted(self, payload: bytes, *, fin: bool) -> Event | None:
        stream = struct.unpack_from("!I", payload)[0] & STREAM_MASK
        headers = self._unpacker.unpack(payload[4:])
        ends = self._streams.get(stream)
        if ends is None or ends.theirs:
            return None
        if fin:
            ends.theirs = True
            self._forget(stream)
        return Accepted(stream, headers, fin)

    def _more_headers(self, payload: bytes, *, fin: bool) -> Event | None:
        stream = struct.unpack_from("!I", payload)[0] & STREAM_MASK
        self._unpacker.unpack(payload[4:])
        ends = self._streams.get(stream)
        if not fin or ends is None or ends.theirs:
            return None
        ends.theirs = True
        self._forget(stream)
        return Received(stream, b"", fin=True)

    def _pinged(self, payload: bytes) -> None:
        (number,) = struct.unpack("!I", payload)
        if number % 2 == self._theirs:
            self._answers += frames.control(Kind.PING, payload)
