"""ExecSync."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker import exec_sync as docker_exec_sync
from runtimes.dockershim.container import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.dockershim.engine import Engine


def exec_sync(
    engine: Engine, container_id: str, cmd: Sequence[str], timeout: int
) -> cri.ExecSyncResponse:
    """Run `cmd` in a running container and collect its output, at most 16 MiB per stream.

    `timeout` in seconds, 0 for none.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't running.
        InvalidArgument: `cmd` is empty, or can't be executed.
        DeadlineExceeded: `timeout` passed; the process and its children have been killed.
    Source: CRI ExecSync.
    """
    found = find.running(engine, container_id, "run a command in")
    done = docker_exec_sync.exec_sync(
        engine.docker, found, cmd, timeout, processes=engine.processes
    )
    return cri.ExecSyncResponse(stdout=done.stdout, stderr=done.stderr, exit_code=done.exit_code)
