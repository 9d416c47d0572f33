"""Move bytes between a process's streams and the caller, both ways at once, in one thread.

source -> session.stdin        session.outputs -> (channel, bytes)

with container.open_exec(["cat"], stdin=True) as session:
    for channel, data in exchange(session, Source(fd)):
        ...
    code = session.wait()
"""

from __future__ import annotations

import os
import select
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.client.flow import CHUNK, Flow, came, wait
from runtimes.core.pod.status import ExecResult
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runtimes.core.streaming.session import Outlet, StreamSession


@dataclass(frozen=True, slots=True)
class Source:
    """What a process gets on stdin.

    Attributes:
        fd: read until its end; a file, a pipe or a terminal.
        edit: what of a chunk is passed on; an exception that it raises ends the exchange.
    """

    fd: int
    edit: Callable[[bytes], bytes] | None = None


def exchange(
    session: StreamSession,
    source: Source | None = None,
    *,
    watch: Mapping[int, Callable[[], None]] | None = None,
) -> Iterator[tuple[Channel, bytes]]:
    """Yield what the process writes until its outputs end, and feed it the source meanwhile.

    Without a source the process, if it reads, finds the end of its input at once. While the caller
    deals with what was yielded nothing moves, so a slow caller slows the process.

    Args:
        session: still to be waited for and closed by the caller.
        source: what it gets on stdin.
        watch: descriptors with what is called when they become readable.
    """
    watched = watch or {}
    feed = _feed(session, source)
    outlets = list(session.outputs)
    while outlets:
        wanted = [(one.fd, select.POLLIN) for one in outlets]
        wanted += [(fd, select.POLLIN) for fd in watched]
        if feed is not None and feed.open:
            wanted.append(feed.wants)
        events = wait(wanted)
        for fd, call in watched.items():
            if came(events, (fd, select.POLLIN)):
                call()
        for outlet in [one for one in outlets if came(events, (one.fd, select.POLLIN))]:
            data = take(outlet)
            if data == b"":
                outlets.remove(outlet)
            elif data:
                yield from outlet.decode(data)
        if feed is not None and feed.open and came(events, feed.wants):
            feed.move()


def _feed(session: StreamSession, source: Source | None) -> Flow | None:
    inlet = session.stdin
    if inlet is None:
        return None
    if source is None:
        inlet.finish()
        return None
    return Flow(source.fd, inlet.fd, inlet.finish, edit=source.edit)


def take(outlet: Outlet) -> bytes | None:
    """Read some bytes; none at the end, None when there is nothing now."""
    try:
        return os.read(outlet.fd, CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        return b""  # a tty whose process is gone answers EIO, a broken connection a reset


def collect(session: StreamSession, source: Source | None = None) -> ExecResult:
    """Feed a process and gather what it writes until its end; the session stays open."""
    outputs = {Channel.STDOUT: bytearray(), Channel.STDERR: bytearray()}
    for channel, data in exchange(session, source):
        outputs[channel] += data
    code = session.wait()
    return ExecResult(code, bytes(outputs[Channel.STDOUT]), bytes(outputs[Channel.STDERR]))


@contextmanager
def bytes_source(data: bytes) -> Iterator[Source]:
    """Have bytes in memory as a source."""
    fd = os.memfd_create("stdin")
    try:
        with os.fdopen(fd, "wb", closefd=False) as file:
            file.write(data)
        os.lseek(fd, 0, os.SEEK_SET)
        yield Source(fd)
    finally:
        os.close(fd)
