"""Streams of processes on this host in place of a container's: real pipes, ttys and sockets."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.contract.fake.backend import FakeBackend, FakeOptions
from runtimes.contract.fake.service import FakeCri
from runtimes.core import errors
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.cri.services import CriService
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import Size, StreamingService, StreamSession

EOT = b"\x04"


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
            os.write(self.fd, EOT)
        else:
            os.close(self.fd)
        self.fd = -1

    def decode(self, data: bytes) -> list[tuple[Channel, bytes]]:
        return [(self.channel, data)]


class HostSession:
    """A process of this host."""

    def __init__(self, cmd: Sequence[str], *, tty: bool, stdin: bool) -> None:
        self._tty, child = pty.openpty() if tty else (-1, -1)
        feed = subprocess.PIPE if stdin else subprocess.DEVNULL
        if shutil.which(cmd[0]) is None:
            raise errors.InvalidArgument(f"exec: no such file or directory: {cmd[0]}")
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *cmd] if tty else cmd,
            stdin=child if tty else feed,
            stdout=child if tty else subprocess.PIPE,
            stderr=child if tty else subprocess.PIPE,
            start_new_session=not tty,
        )
        if tty:
            os.close(child)
        self._open(stdin=stdin)

    def _open(self, *, stdin: bool) -> None:
        process = self._process
        if self._tty >= 0:
            self.stdin = Pipe(self._tty, tty=True) if stdin else None
            self.outputs: list[Pipe] = [Pipe(self._tty, Channel.STDOUT)]
            return
        self.stdin = Pipe(os.dup(process.stdin.fileno())) if process.stdin else None
        if process.stdin:
            process.stdin.close()
        assert process.stdout is not None
        assert process.stderr is not None
        self.outputs = [
            Pipe(process.stdout.fileno(), Channel.STDOUT),
            Pipe(process.stderr.fileno(), Channel.STDERR),
        ]

    def resize(self, width: int, height: int) -> None:
        import fcntl
        import struct
        import termios

        if self._tty >= 0:
            fcntl.ioctl(self._tty, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def wait(self, timeout: float | None = None) -> int:
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise errors.DeadlineExceeded("wait for a process of this host") from error
        return code if code >= 0 else 128 - code

    def close(self) -> None:
        if self.stdin is not None:
            self.stdin.finish()
        if self._tty >= 0:
            with suppress(OSError):
                os.close(self._tty)
            self._tty = -1
        for stream in (self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGHUP)
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class HostStreams(FakeCri):
    """The fake, whose streams are of this host.

    Attributes:
        attached: what `open_attach` runs in place of a container's main process.
        wished: the last request of a stream.
    """

    attached: Sequence[str] = ("cat",)
    wished: cri.ExecRequest | cri.AttachRequest | None = None

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
        self.wished = request
        session = HostSession(request.cmd, tty=request.tty, stdin=request.stdin)
        if size is not None:
            session.resize(*size)
        return session

    def open_attach(self, request: cri.AttachRequest) -> StreamSession:
        self.wished = request
        return HostSession(self.attached, tty=request.tty, stdin=request.stdin)

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        del pod_sandbox_id
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError as error:
            raise errors.Unavailable(f"connect to port {port}: nothing listens there") from error


class HostBackend(FakeBackend):
    """As the fake's."""

    def open(self, options: object = None) -> CriService:
        state = options.state if isinstance(options, FakeOptions) else None
        return HostStreams(state=state)


if TYPE_CHECKING:

    def _is_streaming(service: HostStreams) -> StreamingService:
        return service
