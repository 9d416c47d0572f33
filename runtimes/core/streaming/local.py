"""A process of this host as a `StreamSession`: over pipes, or on a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import struct
import subprocess
import termios
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.streaming.session import Size, StreamSession

END_OF_TRANSMISSION = b"\x04"


@dataclass
class Pipe:
    """An inlet, or an outlet of one channel."""

    fd: int
    channel: Channel = Channel.STDIN
    tty: bool = False

    def finish(self) -> None:
        if self.fd < 0:
            return
        if self.tty:
            with suppress(OSError):
                os.write(self.fd, END_OF_TRANSMISSION)
        else:
            os.close(self.fd)
        self.fd = -1

    def decode(self, data: bytes) -> list[tuple[Channel, bytes]]:
        return [(self.channel, data)]


class LocalSession:
    """Starts it; it leads a session of its own.

    Args:
        env: all of its environment; None for this process's.
        size: of its terminal from the first moment on.

    Raises:
        InvalidArgument: there is no such program, looked for where this process looks.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        tty: bool,
        stdin: bool,
        env: Mapping[str, str] | None = None,
        size: Size | None = None,
    ) -> None:
        program = shutil.which(argv[0])
        if program is None:
            raise errors.InvalidArgument(f"exec: no such file or directory: {argv[0]}")
        self._tty, child = pty.openpty() if tty else (-1, -1)
        if size is not None:
            self.resize(*size)
        command = [program, *argv[1:]]
        feed = subprocess.PIPE if stdin else subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(
                [shutil.which("setsid") or "setsid", "--ctty", *command] if tty else command,
                stdin=child if tty else feed,
                stdout=child if tty else subprocess.PIPE,
                stderr=child if tty else subprocess.PIPE,
                env=env,
                start_new_session=not tty,
            )
        finally:
            if tty:
                os.close(child)
        self.stdin: Pipe | None = None
        self.outputs: list[Pipe] = []
        self._open(stdin=stdin)

    @property
    def pid(self) -> int:
        return self._process.pid

    def _open(self, *, stdin: bool) -> None:
        if self._tty >= 0:
            self.stdin = Pipe(self._tty, tty=True) if stdin else None
            self.outputs = [Pipe(self._tty, Channel.STDOUT)]
            return
        given = self._process.stdin
        if given:
            self.stdin = Pipe(os.dup(given.fileno()))
            given.close()
        streams = ((self._process.stdout, Channel.STDOUT), (self._process.stderr, Channel.STDERR))
        self.outputs = [Pipe(stream.fileno(), channel) for stream, channel in streams if stream]

    def resize(self, width: int, height: int) -> None:
        if self._tty >= 0:
            fcntl.ioctl(self._tty, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def wait(self, timeout: float | None = None) -> int:
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise errors.DeadlineExceeded(f"wait for process {self.pid}: the time is up") from error
        return code if code >= 0 else 128 - code

    def close(self) -> None:
        if self.stdin is not None:
            self.stdin.finish()
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
        tty, self._tty = self._tty, -1
        if tty >= 0:
            with suppress(OSError):
                os.killpg(self.pid, signal.SIGHUP)
            os.close(tty)
        if self._process.poll() is None:  # Whenever it ends, it leaves no zombie.
            threading.Thread(target=self._process.wait, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


if TYPE_CHECKING:

    def _is_session(session: LocalSession) -> StreamSession:
        return session
