"""Both ends of a session in one thread: feed its input, gather its outputs."""

from __future__ import annotations

import os
import select
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.streaming.session import Outlet, StreamSession

PATIENCE = 30.0
_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Heard:
    out: bytes
    err: bytes


class Talk:
    """One conversation with a session, which others open and close."""

    def __init__(self, session: StreamSession) -> None:
        self._session = session
        self._open: list[Outlet] = list(session.outputs)
        self._heard = {Channel.STDOUT: bytearray(), Channel.STDERR: bytearray()}

    @property
    def heard(self) -> Heard:
        """Everything so far."""
        return Heard(bytes(self._heard[Channel.STDOUT]), bytes(self._heard[Channel.STDERR]))

    def say(self, data: bytes, *, finish: bool = False) -> None:
        """Write all of `data`, listening meanwhile; with `finish` end the input."""
        inlet = self._session.stdin
        assert inlet is not None
        os.set_blocking(inlet.fd, False)
        rest = memoryview(data)
        while rest:
            if inlet.fd in self._turn([inlet.fd]):
                rest = rest[os.write(inlet.fd, rest[:_CHUNK]) :]
        if finish:
            inlet.finish()

    def until(self, done: Callable[[Heard], bool]) -> Heard:
        """Listen until it said enough."""
        while not done(self.heard):
            assert self._open, f"the outputs ended with {self.heard}"
            self._turn([])
        return self.heard

    def rest(self) -> Heard:
        """Listen to the end of all outputs."""
        while self._open:
            self._turn([])
        return self.heard

    def _turn(self, wanted: list[int]) -> list[int]:
        """Take what came; return which of the descriptors `wanted` can be written."""
        readable, writable, _ = select.select([one.fd for one in self._open], wanted, [], PATIENCE)
        assert readable or writable, f"nothing moved for {PATIENCE:.0f} s"
        for outlet in [one for one in self._open if one.fd in readable]:
            data = _read(outlet)
            if data == b"":
                self._open.remove(outlet)
            for channel, piece in outlet.decode(data or b""):
                self._heard[channel] += piece
        return writable


def _read(outlet: Outlet) -> bytes | None:
    try:
        return os.read(outlet.fd, _CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # a tty whose process is gone answers EIO
