"""One thread that moves bytes between a connection and descriptors.

    inlet fd -> frames -> connection        connection -> frames -> sink fd

Back-pressure both ways: an inlet is read only when all that is to be sent has been, and the
connection only when all that came has been written. So at most a chunk each way is held.
"""

from __future__ import annotations

import os
import select
import ssl
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.cri_remote.streaming.wire import CONNECTION

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from runtimes.cri_remote.streaming.upgrade import Upgraded
    from runtimes.cri_remote.streaming.wire import Piece, Wire

CHUNK = 64 * 1024
MAX_WORDS = 64 * 1024
_HUNG = select.POLLHUP | select.POLLERR | select.POLLNVAL
_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


@dataclass(slots=True)
class Sink:
    """Where a stream's bytes go; `end` is called once when nothing follows."""

    fd: int
    end: Callable[[], None]
    open: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    inlets: descriptors that are sent on, by stream.
    sinks: where streams that come in go.
    words: the stream whose bytes are kept: errors and how it ended.
    ended: called last, with these bytes.
    """

    inlets: Mapping[int, int]
    sinks: Mapping[int, Sink]
    words: int
    ended: Callable[[bytes], None]


class Pump:
    """Runs from its making until all streams have ended, the connection breaks, or `close`.

    Attributes:
        words: of the error stream.
        done: set at the end, when all sinks have been ended.
    """

    def __init__(self, upgraded: Upgraded, wire: Wire, plan: Plan, *, first: bytes = b"") -> None:
        self.words = bytearray()
        self.done = threading.Event()
        self._connection = upgraded.connection
        self._wire = wire
        self._plan = plan
        self._inlets = {fd: stream for stream, fd in plan.inlets.items()}
        self._awaited = {*plan.sinks, plan.words}
        self._out = bytearray(first)
        self._pending: deque[tuple[Sink, bytes | None]] = deque()
        self._rest = upgraded.rest
        self._said: deque[bytes] = deque()
        self._stop = False
        self._woken, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._waking = threading.Lock()
        self._connection.settimeout(0)
        for sink in plan.sinks.values():
            os.set_blocking(sink.fd, False)
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)
        self._thread.start()

    def say(self, stream: int, data: bytes) -> None:
        """Send something besides the inlets, from any thread; nothing after the end."""
        self._said.append(self._wire.send(stream, data))
        self._wake()

    def close(self) -> None:
        """End the connection. Idempotent; waits for the thread."""
        self._stop = True
        self._wake()
        self._thread.join()

    def _wake(self) -> None:
        with self._waking, suppress(OSError):
            if self._waker >= 0:
                os.write(self._waker, b"!")

    def _run(self) -> None:
        try:
            self._take(self._rest)
            while self._going():
                self._step(self._poll())
        except (OSError, errors.DataLoss, errors.ResourceExhausted) as error:
            if not self._words_end():
                self.words += f"{error}".encode()
        finally:
            self._end()

    def _going(self) -> bool:
        return not self._stop and bool(self._awaited or self._pending)

    def _words_end(self) -> bool:
        return self._plan.words not in self._awaited

    def _poll(self) -> dict[int, int]:
        wanted = {self._woken: select.POLLIN}
        connection = self._connection.fileno()
        if self._out:
            wanted[connection] = select.POLLOUT
        else:
            wanted |= dict.fromkeys(self._inlets, select.POLLIN)
        if self._pending:
            sink = self._pending[0][0].fd
            wanted[sink] = wanted.get(sink, 0) | select.POLLOUT
        elif self._awaited:
            wanted[connection] = wanted.get(connection, 0) | select.POLLIN
        poll = select.poll()
        for fd, events in wanted.items():
            poll.register(fd, events)
        return dict(poll.poll(0 if self._buffered() else None))

    def _buffered(self) -> bool:
        """Whether TLS holds bytes that poll doesn't know of."""
        connection = self._connection
        return (
            isinstance(connection, ssl.SSLSocket)
            and not self._pending
            and bool(connection.pending())
        )

    def _step(self, events: dict[int, int]) -> None:
        if events.get(self._woken):
            with suppress(BlockingIOError):
                os.read(self._woken, CHUNK)
        while self._said:
            self._out += self._said.popleft()
        self._flush()
        for fd in [fd for fd in self._inlets if events.get(fd, 0) & (select.POLLIN | _HUNG)]:
            if not self._out:
                self._send(fd)
        self._deliver()
        came = events.get(self._connection.fileno(), 0) & (select.POLLIN | _HUNG)
        if not self._pending and (came or self._buffered()):
            self._receive()

    def _send(self, fd: int) -> None:
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        stream = self._inlets[fd]
        if data:
            self._out += self._wire.send(stream, data)
        else:
            del self._inlets[fd]
            self._out += self._wire.finish(stream)
        self._flush()

    def _flush(self) -> None:
        if self._out:
            with suppress(*_AGAIN):
                del self._out[: self._connection.send(self._out)]

    def _receive(self) -> None:
        try:
            data = self._connection.recv(CHUNK)
        except _AGAIN:
            return
        if data:
            self._take(data)
            return
        for stream in tuple(self._awaited):
            self._finish(stream)

    def _take(self, data: bytes) -> None:
        for piece in self._wire.receive(data):
            if piece.stream == CONNECTION:
                self._out += piece.data
                for stream in tuple(self._awaited) if piece.last else ():
                    self._finish(stream)
            else:
                self._put(piece)
        self._deliver()

    def _put(self, piece: Piece) -> None:
        sink = self._plan.sinks.get(piece.stream)
        if piece.stream == self._plan.words:
            self.words += piece.data[: MAX_WORDS - len(self.words)]
        elif sink is not None and piece.data:
            self._pending.append((sink, piece.data))
        if piece.last:
            self._finish(piece.stream)

    def _finish(self, stream: int) -> None:
        if stream in self._awaited:
            self._awaited.remove(stream)
            if stream in self._plan.sinks:
                self._pending.append((self._plan.sinks[stream], None))

    def _deliver(self) -> None:
        while self._pending:
            sink, data = self._pending.popleft()
            if data is None:
                _end(sink)
            elif sink.open:
                left = _write(sink, data)
                if left:
                    self._pending.appendleft((sink, left))
                    return
        if not any(sink.open for sink in self._plan.sinks.values()) and not self._inlets:
            self._awaited -= set(self._plan.sinks)

    def _end(self) -> None:
        for sink in self._plan.sinks.values():
            _end(sink)
        _close(self._connection)
        with self._waking:
            os.close(self._waker)
            self._waker = -1
        os.close(self._woken)
        self._plan.ended(bytes(self.words))
        self.done.set()


def _write(sink: Sink, data: bytes) -> bytes:
    """Write what fits; give the rest. A sink that nobody reads takes everything."""
    try:
        return data[os.write(sink.fd, data) :]
    except BlockingIOError:
        return data
    except OSError:
        _end(sink)
        return b""


def _end(sink: Sink) -> None:
    if sink.open:
        sink.open = False
        with suppress(OSError):
            sink.end()


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(2)
    connection.close()
