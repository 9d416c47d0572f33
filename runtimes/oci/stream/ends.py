"""The two ends of a session that its holder sees: where input goes, where output comes from.

Source: conmon conn_sock.c for the packets of an attach socket: one byte for the stream, then data.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from runtimes.oci.stream.targets import Terminal

_ATTACHED = {2: Channel.STDOUT, 3: Channel.STDERR}


class End:
    """Owns one descriptor; -1 once it is closed."""

    def __init__(self, descriptor: int) -> None:
        self.fd = descriptor

    def close(self) -> None:
        """Idempotent."""
        descriptor, self.fd = self.fd, -1
        if descriptor >= 0:
            os.close(descriptor)


class PipeInlet(End):
    """A pipe's writing end."""

    def finish(self) -> None:
        self.close()


class TerminalInlet(End):
    """The writing end of a pipe whose other end feeds a terminal."""

    def __init__(self, descriptor: int, terminal: Terminal) -> None:
        super().__init__(descriptor)
        self._terminal = terminal

    def finish(self) -> None:
        self._terminal.end_input()
        self.close()


class PlainOutlet(End):
    """One stream without frames; with the channel None, what is read counts for nothing."""

    def __init__(self, descriptor: int, channel: Channel | None) -> None:
        super().__init__(descriptor)
        self._channel = channel

    def decode(self, data: bytes) -> Iterable[tuple[Channel, bytes]]:
        return ((self._channel, data),) if data and self._channel is not None else ()


class AttachedOutlet(End):
    """A monitor's socket: each read brings one packet, of one stream."""

    def __init__(self, connection: socket.socket, wanted: Collection[Channel]) -> None:
        super().__init__(connection.fileno())
        self._socket = connection
        self._wanted = wanted

    def close(self) -> None:
        with suppress(OSError):  # it was closed before
            self._socket.shutdown(socket.SHUT_RD)  # also where another thread waits for it
        self._socket.close()
        self.fd = -1

    def decode(self, data: bytes) -> Iterator[tuple[Channel, bytes]]:
        if not data:
            return
        channel = _ATTACHED.get(data[0])
        if channel is None:
            raise errors.DataLoss(f"attached: a packet of the unknown stream {data[0]}")
        if channel in self._wanted and len(data) > 1:
            yield channel, data[1:]
