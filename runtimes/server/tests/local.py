"""A service whose execs are real processes of this host, so that streams carry real bytes."""

from __future__ import annotations

import os
import pty
import signal
import socket
import struct
import subprocess
from fcntl import ioctl
from termios import TIOCSWINSZ
from typing import TYPE_CHECKING

from runtimes.contract.fake.service import FakeCri
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from runtimes.core.streaming.session import Size


class Inlet:
    def __init__(self, fd: int, *, tty: bool) -> None:
        self.fd = fd
        self._tty = tty

    def finish(self) -> None:
        if self._tty:
            os.write(self.fd, b"\x04")
        else:
            os.close(self.fd)


class Outlet:
    def __init__(self, fd: int, channel: Channel) -> None:
        self.fd = fd
        self._channel = channel

    def decode(self, data: bytes) -> Iterable[tuple[Channel, bytes]]:
        return [(self._channel, data)]


class LocalSession:
    def __init__(self, request: cri.ExecRequest, size: Size | None) -> None:
        self.closed = False
        self._master = -1
        if request.tty:
            self._master, slave = pty.openpty()
            if size is not None:
                self.resize(*size)
            ends = (slave, slave, slave)
        else:
            ends = (subprocess.PIPE, subprocess.PIPE, subprocess.PIPE)
        self.process = subprocess.Popen(
            list(request.cmd),
            stdin=ends[0],
            stdout=ends[1],
            stderr=ends[2],
            start_new_session=True,
        )
        if request.tty:
            os.close(ends[0])
            self.stdin: Inlet | None = Inlet(self._master, tty=True)
            self.outputs = [Outlet(self._master, Channel.STDOUT)]
            return
        assert self.process.stdin
        assert self.process.stdout
        assert self.process.stderr
        fds = [os.dup(self.process.stdin.fileno())]
        self.process.stdin.close()
        self.stdin = Inlet(fds[0], tty=False)
        self.outputs = [
            Outlet(self.process.stdout.fileno(), Channel.STDOUT),
            Outlet(self.process.stderr.fileno(), Channel.STDERR),
        ]

    def resize(self, width: int, height: int) -> None:
        ioctl(self._master, TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def wait(self, timeout: float | None = None) -> int:
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise errors.DeadlineExceeded("it still runs") from error

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
        self.closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class LocalStreams(FakeCri):
    """Attributes:
    sessions: opened so far.
    """

    def __init__(self) -> None:
        super().__init__()
        self.sessions: list[LocalSession] = []

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> LocalSession:
        try:
            self.sessions.append(LocalSession(request, size))
        except FileNotFoundError as error:
            raise errors.InvalidArgument(f"exec: no such program '{request.cmd[0]}'") from error
        return self.sessions[-1]

    def open_attach(self, request: cri.AttachRequest) -> LocalSession:
        """Every container's main process repeats a line, and ends with 4."""
        words = ["sh", "-c", "read line; echo got $line; echo problem >&2; exit 4"]
        return self.open_exec(cri.ExecRequest(cmd=words, tty=request.tty))

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        for address in ("127.0.0.1", "::1"):
            try:
                return socket.create_connection((address, port))
            except OSError:
                continue
        raise errors.Unavailable(f"port {port} of '{pod_sandbox_id}': nothing listens")
