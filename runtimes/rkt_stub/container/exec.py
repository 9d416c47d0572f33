"""ExecSync, and the streams of Exec: `rkt app exec`, as root and in /, with the app's variables.

Source: CRI ExecSync, Exec; rktlet, which ignored the timeout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.container.observe import observe
from runtimes.rkt_stub.program.app.exec import words
from runtimes.rkt_stub.stream import open_command, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.rkt_stub.shim.engine import ShimEngine


def exec_sync(
    engine: ShimEngine, container_id: str, cmd: Sequence[str], timeout: int
) -> cri.ExecSyncResponse:
    """Run `cmd` to its end and collect its output.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't running.
        InvalidArgument: `cmd` is empty.
        DeadlineExceeded: `timeout` passed; the process and its children have been killed.
    Source: CRI ExecSync.
    """
    done = run(engine.rkt, _words(engine, container_id, cmd), timeout)
    return cri.ExecSyncResponse(stdout=done.stdout, stderr=done.stderr, exit_code=done.exit_code)


def open_exec(engine: ShimEngine, request: cri.ExecRequest, size: Size | None) -> StreamSession:
    """Run a command with streams.

    Raises:
        NotFound, FailedPrecondition: as `exec_sync`.
        InvalidArgument: no command, no stream at all, or a tty together with stderr.
    Source: CRI Exec.
    """
    if request.tty and request.stderr:
        raise errors.InvalidArgument("run a command: a terminal has no stderr of its own")
    if not (request.stdin or request.stdout or request.stderr):
        raise errors.InvalidArgument("run a command: no stream is asked for")
    given = _words(engine, request.container_id, request.cmd)
    return open_command(engine.rkt, given, tty=request.tty, stdin=request.stdin, size=size)


def _words(engine: ShimEngine, container_id: str, cmd: Sequence[str]) -> list[str]:
    """Look first: rkt's own exit codes can't be told from the command's."""
    action = f"run a command in container '{container_id}'"
    if not cmd:
        raise errors.InvalidArgument(f"{action}: none is given")
    record = engine.containers.load(engine.containers.resolve(container_id))
    if observe(engine, record).state != cri.CONTAINER_RUNNING:
        raise errors.FailedPrecondition(f"{action}: it doesn't run")
    return words(engine.uuid(record.sandbox_id), record.app, cmd)
