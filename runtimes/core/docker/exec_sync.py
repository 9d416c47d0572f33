"""Run a command in a container to its end, and let none of its processes outlive its time.

Source: CRI ExecSync; kubernetes/kubernetes#81042 and #124226 (a timeout must leave no process
behind), containerd/containerd#9568 (a child that holds stdio must not prolong the call).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.docker import session
from runtimes.core.docker.beyond import Streams
from runtimes.core.host import tree
from runtimes.core.streaming.collect import finish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.processes import ProcessFinder
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.core.pod.status import ExecResult


def exec_sync(
    docker: DockerInterface,
    found: ContainerInspect,
    cmd: Sequence[str],
    timeout: int,
    *,
    processes: ProcessFinder,
) -> ExecResult:
    """Run `cmd` in the running container `found`, and collect at most 16 MiB per stream.

    `timeout` in seconds, 0 for none.

    Raises:
        FailedPrecondition: the container isn't running.
        InvalidArgument: `cmd` is empty, or can't be executed.
        DeadlineExceeded: `timeout` passed; the process and its children have been killed.
    """
    patience = deadline.remaining(float(timeout) if timeout > 0 else None)
    until = None if patience is None else time.monotonic() + patience
    with session.open_exec(docker, found["Id"], cmd, Streams()) as opened:
        result = finish(opened, until)
        if result is None:
            _kill(processes, found, docker.inspect_exec(opened.exec_id).get("Pid") or 0)
            raise errors.DeadlineExceeded(
                f"exec {list(cmd)} in container '{found['Id']}': it ran longer than "
                f"{patience:g} s and was killed with its children"
            )
    return result


def _kill(processes: ProcessFinder, found: ContainerInspect, pid: int) -> None:
    """End a command with all that it started; where its processes can't be seen, nothing can."""
    command = processes.find(found["Id"], pid)
    init = processes.find(found["Id"], found["State"]["Pid"])
    if command is not None:
        tree.kill({command.pid}, {init.pid} if init else ())
