"""Where the pump's bytes go."""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import termios
from contextlib import suppress
from typing import Protocol

_SPLICED = 1 << 18
_COPIED = 8192
"""Bytes copied at once: a quarter of what conmon takes from one packet."""
_VEOF = b"\x04"


class Full(Exception):
    """The target takes nothing more now."""


class Target(Protocol):
    """The descriptor that a flow writes to, which it owns."""

    @property
    def fd(self) -> int: ...

    def take(self, source: int) -> int:
        """Move some of what `source` has, without blocking; 0 at its end.

        Raises:
            BlockingIOError: `source` has nothing now.
            Full: the target takes nothing now.
            OSError: nobody reads any more.
        """
        ...

    def finish(self) -> None:
        """Tell the reader that nothing more comes, and let go of the descriptor."""
        ...


class Pipe:
    """The writing end of a pipe, or /dev/null, filled from a pipe without copying."""

    def __init__(self, descriptor: int) -> None:
        self.fd = descriptor
        os.set_blocking(descriptor, False)

    def take(self, source: int) -> int:
        try:
            return os.splice(source, self.fd, _SPLICED, flags=os.SPLICE_F_NONBLOCK)
        except BlockingIOError:
            if _has_input(source):
                raise Full from None
            raise

    def finish(self) -> None:
        os.close(self.fd)


def _has_input(pipe: int) -> bool:
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))
    return bool(count)


class Copied:
    """A descriptor of any kind; what it didn't take is kept for the next time."""

    def __init__(self, descriptor: int) -> None:
        self.fd = descriptor
        self._kept = b""
        os.set_blocking(descriptor, False)

    def take(self, source: int) -> int:
        if not self._kept:
            self._kept = os.read(source, _COPIED)
        return self._give()

    def _give(self) -> int:
        if not self._kept:
            return 0
        try:
            given = self._write(self._kept)
        except BlockingIOError:
            raise Full from None
        self._kept = self._kept[given:]
        return given

    def _write(self, data: bytes) -> int:
        return os.write(self.fd, data)

    def finish(self) -> None:
        os.close(self.fd)


class Terminal(Copied):
    """A terminal's master, as where input goes."""

    _ending = False

    def end_input(self) -> None:
        """Let the end of the source be an end of file for the terminal's reader, too."""
        self._ending = True

    def take(self, source: int) -> int:
        moved = super().take(source)
        if moved == 0 and self._ending:
            self._ending = False
            self._kept = _end_of_file(self.fd)
            return self._give()
        return moved


def _end_of_file(terminal: int) -> bytes:
    """The character that ends the input of a line-wise reader."""
    with suppress(termios.error):
        character: bytes = termios.tcgetattr(terminal)[6][termios.VEOF]
        return character
    return _VEOF


class Packets(Copied):
    """A monitor's socket, as where input goes."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection.fileno())
        self._socket = connection

    def _write(self, data: bytes) -> int:
        return self._socket.send(data, socket.MSG_NOSIGNAL)

    def finish(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()


class TerminalPackets(Terminal, Packets):
    """The same, for a container with a terminal."""
