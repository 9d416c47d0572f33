"""Attach, as a session of descriptors: the socket of the container's monitor.

Source: CRI Attach; conmon conn_sock.c and ctrl.c.
"""

from __future__ import annotations

import errno
import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.host.process import wait_gone
from runtimes.core.streaming.request import check_attach
from runtimes.core.streaming.session import Channel
from runtimes.oci.container import launch, observe
from runtimes.oci.stream.ends import AttachedOutlet, PipeInlet, TerminalInlet
from runtimes.oci.stream.pump import PUMP
from runtimes.oci.stream.session import Session
from runtimes.oci.stream.targets import Packets, TerminalPackets

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

_LONG = 3600.0


def open_attach(engine: Engine, request: cri.AttachRequest) -> Session:
    """Connect to a running container's main process; output from now on.

    Input for a container that was made without stdin leads nowhere.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't running, or its monitor is gone.
        InvalidArgument: no stream at all, or a tty together with stderr.
    Source: CRI Attach.
    """
    check_attach(request)
    record = launch.running(engine, request.container_id, "attach to")
    wanted = {Channel.STDOUT: request.stdout, Channel.STDERR: request.stderr}
    with ExitStack() as undo:
        connection = _connect(engine, record)
        outlet = AttachedOutlet(connection, [each for each in wanted if wanted[each]])
        undo.callback(outlet.close)
        inlet = _inlet(connection, tty=request.tty) if request.stdin else None
        undo.pop_all()
    return Session(_Attached(engine, record), inlet, (outlet,))


def _connect(engine: Engine, record: ContainerRecord) -> socket.socket:
    folder = os.open(engine.containers.folder(record.id), os.O_PATH | os.O_CLOEXEC)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        connection.connect(f"/proc/self/fd/{folder}/attach")  # the path may be too long for one
    except OSError as error:
        connection.close()
        raise errors.FailedPrecondition(
            f"attach to container '{record.id}': its monitor doesn't answer: {error.strerror}"
        ) from error
    finally:
        os.close(folder)
    return connection


def _inlet(connection: socket.socket, *, tty: bool) -> PipeInlet | TerminalInlet:
    """A pipe into the connection: it takes writes of any size, and ends without closing output."""
    reader, writer = os.pipe()
    if tty:
        terminal = TerminalPackets(connection.dup())
        PUMP.add(reader, terminal)
        return TerminalInlet(writer, terminal)
    PUMP.add(reader, Packets(connection.dup()))
    return PipeInlet(writer)


@dataclass(frozen=True, slots=True)
class _Attached:
    """The container behind a session."""

    engine: Engine
    record: ContainerRecord

    def resize(self, width: int, height: int) -> None:
        """Tell the monitor; it ignores it for a container without a terminal."""
        try:
            control = os.open(
                self.engine.containers.folder(self.record.id) / "ctl",
                os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC,
            )
        except OSError as error:
            if error.errno in {errno.ENXIO, errno.ENOENT}:
                return  # the container has ended
            raise
        try:
            os.write(control, f"1 {height} {width}\n".encode())
        finally:
            os.close(control)

    def close(self) -> None:
        """Nothing but the session's own ends was opened."""

    def wait(self, timeout: float | None) -> int:
        """The container's exit code; its monitor has noted it once it is gone."""
        watched = [each for each in (self.record.monitor, self.record.process) if each]
        patience = deadline.remaining(timeout)
        while not wait_gone(watched, _LONG if patience is None else patience):
            if patience is not None:
                raise errors.DeadlineExceeded(
                    f"wait for container '{self.record.id}': it still runs"
                )
        return observe.observe(self.engine, self.record).exit_code
