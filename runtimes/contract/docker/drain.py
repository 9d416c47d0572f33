"""Read and write a session's descriptors, as an event loop would."""

from __future__ import annotations

import errno
import os
import select
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.streaming.session import StreamSession

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Said:
    out: str
    err: str


def drained(session: StreamSession) -> Said:
    """Read all outputs to their ends."""
    said = {Channel.STDOUT: b"", Channel.STDERR: b""}
    open_ = {outlet.fd: outlet for outlet in session.outputs}
    while open_:
        ready, _, _ = select.select(list(open_), [], [], PATIENCE)
        assert ready, f"no end of the output in {PATIENCE:.0f} s; so far {said}"
        for descriptor in ready:
            data = _read(descriptor)
            if not data:
                del open_[descriptor]
                continue
            for channel, piece in open_[descriptor].decode(data):
                said[channel] += piece
    return Said(said[Channel.STDOUT].decode(), said[Channel.STDERR].decode())


def typed(session: StreamSession, data: bytes, *, finish: bool = False) -> None:
    """Write to the input, and with `finish` end it."""
    assert session.stdin is not None
    os.write(session.stdin.fd, data)
    if finish:
        session.stdin.finish()


def engine_without(engine: DockerInterface, *calls: str) -> DockerInterface:
    """The same Engine, as if it didn't have some of its optional calls."""
    return cast("DockerInterface", _Without(engine, calls))


class _Without:
    def __init__(self, engine: DockerInterface, calls: tuple[str, ...]) -> None:
        self._engine = engine
        self._calls = calls

    def __getattr__(self, name: str) -> object:
        if name in self._calls:
            raise AttributeError(name)
        return getattr(self._engine, name)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise
