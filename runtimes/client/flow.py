"""Bytes on their way from one descriptor to another, one chunk at a time, without blocking."""

from __future__ import annotations

import errno
import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CHUNK = 64 * 1024
_SOURCE_ENDS = {errno.EIO, errno.EBADF, errno.ECONNRESET}


class Flow:
    """From `source`, read until its end, to `sink`, which is made non-blocking.

    Back-pressure: nothing is read while something is still to be written.

    Attributes:
        open: more may come.
        broken: it ended because nobody reads the sink any more.

    Args:
        finish: called once after the source's end, when all has been written.
        edit: what of a chunk is passed on.
    """

    def __init__(
        self,
        source: int,
        sink: int,
        finish: Callable[[], None],
        *,
        edit: Callable[[bytes], bytes] | None = None,
    ) -> None:
        os.set_blocking(sink, False)
        self._source = source
        self._sink = sink
        self._finish = finish
        self._edit = edit
        self._pending = b""
        self.open = True
        self.broken = False

    @property
    def wants(self) -> tuple[int, int]:
        """The descriptor that is waited for, and poll(2)'s event."""
        return (self._sink, select.POLLOUT) if self._pending else (self._source, select.POLLIN)

    def move(self) -> None:
        """Do what the wanted event allows.

        Raises:
            OSError: the source fails otherwise than by its end. A sink that nobody reads any more
                ends the flow quietly.
        """
        if self._pending:
            self._write()
            return
        data = _read(self._source)
        if data is None:
            return
        if not data:
            self._end()
            return
        self._pending = self._edit(data) if self._edit else data
        if self._pending:
            self._write()

    def _write(self) -> None:
        try:
            written = os.write(self._sink, self._pending)
        except BlockingIOError:
            return
        except OSError:
            self.open, self.broken = False, True
            return
        self._pending = self._pending[written:]

    def _end(self) -> None:
        self.open = False
        with suppress(OSError):
            self._finish()


def _read(source: int) -> bytes | None:
    """Read a chunk, empty at the end; None when there is nothing yet."""
    try:
        return os.read(source, CHUNK)
    except BlockingIOError:
        return None
    except OSError as error:
        if error.errno in _SOURCE_ENDS:
            return b""
        raise


def wait(wanted: Iterable[tuple[int, int]]) -> Mapping[int, int]:
    """Wait until something wanted, or the end of something, has come; events by descriptor."""
    events: dict[int, int] = {}
    for fd, event in wanted:
        events[fd] = events.get(fd, 0) | event
    poll = select.poll()
    for fd, event in events.items():
        poll.register(fd, event)
    return dict(poll.poll())


def came(events: Mapping[int, int], wanted: tuple[int, int]) -> bool:
    """Whether what was wanted, or an end or error of its descriptor, is among the events."""
    fd, event = wanted
    return bool(events.get(fd, 0) & (event | select.POLLHUP | select.POLLERR | select.POLLNVAL))
