"""Where a body ends: by its length, by chunks, or with the connection.

Source: RFC 9112, 6.3 and 7.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.docker_legacy.wire.head import Head

_MAX_LINE = 4096
_HEXADECIMAL = re.compile(rb"[0-9a-fA-F]{1,15}")
_BODILESS = frozenset({204, 304})


class Decoder(Protocol):
    @property
    def ended(self) -> bool:
        """All of the body was fed."""
        ...

    @property
    def ends_with_connection(self) -> bool:
        """Only the connection's end tells that all came."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take what came, give what of it belongs to the body."""
        ...


@dataclass(slots=True)
class Sized:
    left: int
    ends_with_connection: bool = False

    @property
    def ended(self) -> bool:
        return self.left == 0

    def feed(self, data: bytes) -> bytes:
        body = data[: self.left]
        self.left -= len(body)
        return body


@dataclass(slots=True)
class UntilClose:
    ended: bool = False
    ends_with_connection: bool = True

    def feed(self, data: bytes) -> bytes:
        return data


@dataclass(slots=True)
class Chunked:
    """Size line in hexadecimal, data, CRLF; size 0, trailers and an empty line end it."""

    ended: bool = False
    ends_with_connection: bool = False
    _buffer: bytearray = field(default_factory=bytearray)
    _left: int = 0
    _after_data: bool = False
    _trailers: bool = False

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        body = bytearray()
        while not self.ended:
            if self._left:
                part = self._buffer[: self._left]
                del self._buffer[: len(part)]
                self._left -= len(part)
                body += part
                if self._left:
                    break
                self._after_data = True
            line = self._line()
            if line is None:
                break
            self._take(line)
        return bytes(body)

    def _line(self) -> bytes | None:
        at = self._buffer.find(b"\n")
        if at < 0:
            if len(self._buffer) > _MAX_LINE:
                raise errors.Internal("read the Engine's answer: a chunk without a size")
            return None
        line = bytes(self._buffer[:at]).rstrip(b"\r")
        del self._buffer[: at + 1]
        return line

    def _take(self, line: bytes) -> None:
        if self._trailers:
            self.ended = not line
        elif self._after_data:
            self._after_data = False
        else:
            self._left = _size(line)
            self._trailers = not self._left


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if _HEXADECIMAL.fullmatch(digits) is None:
        raise errors.Internal(f"read the Engine's answer: {line[:40]!r} is no chunk's size")
    return int(digits, 16)


def decoder(head: Head) -> Decoder:
    """The one that an answer's headers ask for."""
    if head.status in _BODILESS:
        return Sized(0)
    if "chunked" in head.headers.get("transfer-encoding", "").lower():
        return Chunked()
    length = head.headers.get("content-length", "")
    return Sized(int(length)) if length.isdecimal() and not head.switched else UntilClose()
