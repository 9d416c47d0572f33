"""Exec, as a session in this process.

Source: CRI Exec; kubelet dockershim/exec.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.docker import session
from runtimes.core.docker.beyond import Streams
from runtimes.dockershim.container import find

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.dockershim.engine import Engine


def open_exec(engine: Engine, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
    """Run a command in a running container.

    Raises:
        NotFound, FailedPrecondition, InvalidArgument: as `StreamingService.open_exec`.
    Source: CRI Exec.
    """
    found = find.running(engine, request.container_id, "run a command in")
    return session.open_exec(engine.docker, found["Id"], request.cmd, wanted(request, size))


def wanted(request: cri.ExecRequest | cri.AttachRequest, size: Size | None = None) -> Streams:
    """The streams that a request names. Pure."""
    return Streams(
        tty=request.tty,
        stdin=request.stdin,
        stdout=request.stdout,
        stderr=request.stderr,
        size=size,
    )
