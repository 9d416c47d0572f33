"""What a container wrote before somebody attached to it: its log has that, and a little more.

log       |-------- T[:l] --------|
session              |--- T[a:] ------->        the part of the log before `a` was missed
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from runtimes.client.exchange import take
from runtimes.core import errors
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.client.container import Container
    from runtimes.core.streaming.session import StreamSession

_QUIET_MS = 50
_MOST_BYTES = 1 << 20
_STREAMS = {Channel.STDOUT: "stdout", Channel.STDERR: "stderr"}


def caught_up(container: Container, session: StreamSession) -> Iterator[tuple[Channel, bytes]]:
    """Yield all that a container wrote until now, where `session` was just attached to it."""
    logged = said(container)
    heard = _heard(session)
    for channel, stream in _STREAMS.items():
        yield channel, missed(logged.get(stream, b""), heard[channel]) + heard[channel]


def said(container: Container) -> Mapping[str, bytes]:
    """What it wrote to each stream, by its log; nothing where there is no log."""
    found: dict[str, bytes] = {}
    try:
        for line in container.logs():
            found[line.stream] = found.get(line.stream, b"") + line.text
    except (errors.NotFound, errors.Unimplemented):
        return {}
    return found


def missed(logged: bytes, heard: bytes) -> bytes:
    """The log without its end that `heard` begins with: the longest there is. Pure."""
    borders = [0] * len(heard)
    length = 0
    for at in range(1, len(heard)):
        while length and heard[at] != heard[length]:
            length = borders[length - 1]
        length += heard[at] == heard[length]
        borders[at] = length
    length = 0
    for byte in logged[-len(heard) :] if heard else b"":
        while length and (length == len(heard) or byte != heard[length]):
            length = borders[length - 1]
        length += byte == heard[length]
    return logged[: len(logged) - length]


def _heard(session: StreamSession) -> dict[Channel, bytes]:
    """What has come until nothing comes for a moment."""
    heard = dict.fromkeys(_STREAMS, b"")
    outlets = {outlet.fd: outlet for outlet in session.outputs}
    while outlets and sum(map(len, heard.values())) < _MOST_BYTES:
        poll = select.poll()
        for fd in outlets:
            poll.register(fd, select.POLLIN)
        ready = poll.poll(_QUIET_MS)
        if not ready:
            break
        for fd, _ in ready:
            data = take(outlets[fd])
            for channel, piece in outlets[fd].decode(data or b""):
                heard[channel] += piece
            if data == b"":
                del outlets[fd]
    return heard
