"""A process behind a streaming server, as a session with descriptors."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming import status
from runtimes.core.streaming.session import Channel
from runtimes.cri_remote.streaming.pump import Plan, Pump, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.streaming.session import StreamSession
    from runtimes.cri_remote.streaming.upgrade import Upgraded
    from runtimes.cri_remote.streaming.wire import Wire

_END_OF_FILE = b"\x04"


class RemoteInlet:
    """The write end of a pipe that the pump reads."""

    def __init__(self, fd: int, *, tty: bool) -> None:
        self.fd = fd
        self._tty = tty
        self._finished = False

    def finish(self) -> None:
        """As `Inlet.finish`."""
        if not self._tty:
            self.release()
        elif not self._finished:
            self._finished = True
            with suppress(OSError):  # nobody reads any more, or it is full
                os.write(self.fd, _END_OF_FILE)

    def release(self) -> None:
        """Close the descriptor. Idempotent."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


class RemoteOutlet:
    """The read end of a pipe that the pump writes one stream to."""

    def __init__(self, fd: int, channel: Channel) -> None:
        self.fd = fd
        self._channel = channel

    def decode(self, data: bytes) -> list[tuple[Channel, bytes]]:
        """As `Outlet.decode`."""
        return [(self._channel, data)]

    def release(self) -> None:
        """Close the descriptor. Idempotent."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


class RemoteSession:
    """Streams by a pump; the exit code by the error stream.

    Args:
        streams: what was asked for, beside the error stream.
        judge: makes the exit code of what the error stream said.
    """

    def __init__(
        self,
        upgraded: Upgraded,
        wire: Wire,
        *,
        streams: Sequence[Channel],
        judge: Callable[[bytes], int],
        first: bytes = b"",
    ) -> None:
        self._judge = judge
        self._tty = Channel.RESIZE in streams
        reader: int | None = None
        self.stdin: RemoteInlet | None = None
        if Channel.STDIN in streams:
            reader, self.stdin = _inlet(tty=self._tty)
        wanted = [one for one in streams if one in {Channel.STDOUT, Channel.STDERR}]
        pipes = {channel: os.pipe() for channel in wanted}
        self.outputs = [RemoteOutlet(fd, channel) for channel, (fd, _) in pipes.items()]
        plan = Plan(
            inlets={} if reader is None else {int(Channel.STDIN): reader},
            sinks={int(channel): _sink(fd) for channel, (_, fd) in pipes.items()},
            words=Channel.ERROR,
            ended=lambda _words: None if reader is None else os.close(reader),
        )
        self._pump = Pump(upgraded, wire, plan, first=first)

    def resize(self, width: int, height: int) -> None:
        """As `StreamSession.resize`."""
        if self._tty:
            self._pump.say(Channel.RESIZE, status.of_size(width, height))

    def wait(self, timeout: float | None = None) -> int:
        """As `StreamSession.wait`."""
        if not self._pump.done.wait(timeout):
            raise errors.DeadlineExceeded("wait for a process's end: it goes on")
        return self._judge(bytes(self._pump.words))

    def close(self) -> None:
        """As `StreamSession.close`."""
        self._pump.close()
        if self.stdin is not None:
            self.stdin.release()
        for outlet in self.outputs:
            outlet.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _inlet(*, tty: bool) -> tuple[int, RemoteInlet]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    return reader, RemoteInlet(writer, tty=tty)


def _sink(fd: int) -> Sink:
    return Sink(fd, lambda: os.close(fd))


if TYPE_CHECKING:

    def _is_session(session: RemoteSession) -> StreamSession:
        return session
