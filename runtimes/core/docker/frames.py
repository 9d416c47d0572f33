r"""Two output streams in one: frames with a header of 8 bytes.

    | stream | 0 | 0 | 0 | length, 4 bytes, most significant first | data ... |

Streams are 0 (stdin, echoed), 1 (stdout), 2 (stderr) and 3 (the Engine's own error).

Source: Docker Engine API, ContainerAttach ("Stream format"); moby pkg/stdcopy.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from enum import IntEnum

from runtimes.core import errors

_HEADER = struct.Struct(">BxxxL")


class Stream(IntEnum):
    STDIN = 0
    STDOUT = 1
    STDERR = 2
    SYSTEM_ERROR = 3


@dataclass(slots=True)
class Demultiplexer:
    """Gives data as it comes, without waiting for the rest of its frame."""

    _buffer: bytearray = field(default_factory=bytearray)
    _stream: Stream = Stream.STDOUT
    _left: int = 0

    @property
    def inside(self) -> bool:
        """In the middle of a frame."""
        return bool(self._left or self._buffer)

    def feed(self, data: bytes) -> list[tuple[Stream, bytes]]:
        """Take what came; give its pieces, in their order, none of them empty.

        Raises:
            Internal: that is no frame; perhaps there is a tty, and no frames therefore.
        """
        self._buffer += data
        pieces: list[tuple[Stream, bytes]] = []
        while self._buffer:
            if self._left:
                piece = bytes(self._buffer[: self._left])
                del self._buffer[: len(piece)]
                self._left -= len(piece)
                pieces.append((self._stream, piece))
            elif len(self._buffer) < _HEADER.size:
                break
            else:
                self._open(bytes(self._buffer[: _HEADER.size]))
                del self._buffer[: _HEADER.size]
        return pieces

    def _open(self, header: bytes) -> None:
        number, self._left = _HEADER.unpack(header)
        if number > Stream.SYSTEM_ERROR or header[1:4] != b"\0\0\0":
            raise errors.Internal(
                f"read an output stream: {header!r} begins no frame; with a tty there are none"
            )
        self._stream = Stream(number)


def frame(stream: Stream, data: bytes) -> bytes:
    """Pack `data` as the Engine does."""
    return _HEADER.pack(stream, len(data)) + data
