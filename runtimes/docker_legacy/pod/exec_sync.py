"""Run a command to its end and keep what it says."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.beyond import Streams
from runtimes.core.docker.session import open_exec
from runtimes.core.pod.status import ExecResult
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.streaming.session import StreamSession


def exec_sync(
    docker: DockerInterface, container_id: str, cmd: Sequence[str], timeout: int
) -> ExecResult:
    """Run it; after `timeout` seconds (0 for no bound) it is left alone, as it was in this era.

    Raises:
        DeadlineExceeded: it hasn't ended.
    """
    end = time.monotonic() + timeout if timeout else None
    with open_exec(docker, container_id, cmd, Streams()) as session:
        said = _read(session, end, f"run {cmd[0]!r} in container '{container_id}'")
        left = None if end is None else max(0.0, end - time.monotonic())
        return ExecResult(session.wait(left), said[Channel.STDOUT], said[Channel.STDERR])


def _read(session: StreamSession, end: float | None, what: str) -> dict[Channel, bytes]:
    said = {Channel.STDOUT: b"", Channel.STDERR: b""}
    unread = {outlet.fd: outlet for outlet in session.outputs}
    while unread:
        left = None if end is None else max(0.0, end - time.monotonic())
        ready, _, _ = select.select(list(unread), [], [], left)
        if not ready:
            raise errors.DeadlineExceeded(f"{what}: it hasn't ended in its time")
        for descriptor in ready:
            data = os.read(descriptor, 65536)
            if not data:
                del unread[descriptor]
                continue
            for channel, piece in unread[descriptor].decode(data):
                said[channel] += piece
    return said
