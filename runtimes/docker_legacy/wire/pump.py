"""Between a hijacked connection and a caller's streams, in both directions.

The connection's end is the end; the input's end only closes the connection's writing half.
"""

from __future__ import annotations

import io
import os
import select
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.frames import Demultiplexer, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from runtimes.core.docker.interface import StreamOptions
    from runtimes.docker_legacy.wire.connection import Connection
    from runtimes.docker_legacy.wire.incoming import Incoming

CHUNK = 65536


@dataclass(slots=True)
class Sinks:
    """Gives what an Engine sends to the stream it is meant for; None drops it."""

    options: StreamOptions
    what: str
    _frames: Demultiplexer = field(default_factory=Demultiplexer)
    _problem: bytearray = field(default_factory=bytearray)

    def write(self, data: bytes) -> None:
        if self.options.raw_terminal:
            _write(self.options.output, data)
            return
        for stream, piece in self._frames.feed(data):
            if stream is Stream.SYSTEM_ERROR:
                self._problem += piece
            else:
                error = stream is Stream.STDERR
                _write(self.options.error if error else self.options.output, piece)

    def finish(self) -> None:
        """Check that the end is one.

        Raises:
            Unavailable: it came within a frame.
            Internal: the Engine had a problem of its own.
        """
        if self._problem:
            said = self._problem.decode(errors="replace").strip()
            raise errors.Internal(f"{self.what}: the Engine says: {said}")
        if self._frames.inside:
            raise errors.Unavailable(
                f"{self.what}: the Engine ended the stream in the middle of a frame"
            )


def receive(incoming: Incoming, sinks: Sinks) -> None:
    """Write everything that comes to `sinks`, until the end."""
    for data in iter(incoming.read, b""):
        sinks.write(data)
    sinks.finish()


def run(incoming: Incoming, sinks: Sinks) -> None:
    """Pump both ways, until the Engine ends its side; whoever feeds the input needn't have ended.

    Raises:
        OSError: a stream of the caller's can't be written.
    """
    source = sinks.options.input
    if source is None:
        receive(incoming, sinks)
        return
    with _feeding(source, incoming.connection):
        receive(incoming, sinks)


@contextmanager
def _feeding(source: BinaryIO, connection: Connection) -> Iterator[None]:
    """Send `source` in a thread, which ends with the block if `source` has a descriptor."""
    wake, stop = os.pipe()
    feeder = threading.Thread(
        target=_feed, args=(source, connection, wake), name="docker-stdin", daemon=True
    )
    feeder.start()
    try:
        yield
    finally:
        os.close(stop)
        connection.abort()
        if _descriptor(source) is not None:
            feeder.join()


def _feed(source: BinaryIO, connection: Connection, wake: int) -> None:
    descriptor = _descriptor(source)
    try:
        while _readable(descriptor, wake):
            data = _read(source)
            if not data:
                connection.finish_sending()
                return
            connection.send(data)
    except (OSError, ValueError):
        return  # Either side is gone; the thread that reads the answer tells which.
    finally:
        os.close(wake)


def _readable(descriptor: int | None, wake: int) -> bool:
    """Wait for input; false when the stream has ended instead."""
    if descriptor is None:
        return not select.select([wake], [], [], 0)[0]
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP)
    poll.register(wake, select.POLLIN | select.POLLHUP)
    return wake not in {ready for ready, _ in poll.poll()}


def _descriptor(source: BinaryIO) -> int | None:
    try:
        return source.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def _read(source: BinaryIO) -> bytes:
    """What is there, without waiting for a full buffer."""
    if isinstance(source, io.BufferedIOBase):
        return source.read1(CHUNK)
    return source.read(CHUNK)


def _write(stream: BinaryIO | None, data: bytes) -> None:
    if stream is not None and data:
        stream.write(data)
        stream.flush()
