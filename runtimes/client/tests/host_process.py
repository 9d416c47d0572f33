"""Streams of processes on this host in place of a container's: real pipes, ttys and sockets."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.contract.fake.backend import FakeBackend, FakeOptions
from runtimes.contract.fake.service import FakeCri
from runtimes.core import errors
from runtimes.core.streaming.local import LocalSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.cri.services import CriService
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import Size, StreamingService, StreamSession


class HostSession(LocalSession):
    """One that doesn't outlive its test."""

    def close(self) -> None:
        super().close()
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGHUP)


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
