"""ExecSync.

Source: CRI ExecSync; kubernetes/kubernetes#81042 and #124226 (a timeout must leave no process
behind), containerd/containerd#9568 (a child that holds stdio must not prolong the call).
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import exec_tree, launch
from runtimes.oci.container.output import Collector
from runtimes.oci.runtime.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


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
    if not cmd:
        raise errors.InvalidArgument(f"exec in container '{container_id}': the command is empty")
    record = launch.running(engine, container_id, "exec in")
    with ExitStack() as closing:
        files = closing.enter_context(launch.Files(engine, record, cmd))
        runner = closing.enter_context(_spawn(engine, record, files))
        action = f"exec {list(cmd)} in container '{record.id}'"
        collector = Collector(runner)
        patience = deadline.remaining(float(timeout) if timeout > 0 else None)
        if not collector.run(patience):
            exec_tree.kill(runner, files.pid, record.process)
            raise errors.DeadlineExceeded(
                f"{action}: it ran longer than {patience:g} s and was killed with its children"
            )
        if not files.pid.exists():
            raise refusal(action, collector.stderr.decode(errors="replace").strip())
        return _answer(runner, collector)


def _spawn(engine: Engine, record: ContainerRecord, files: launch.Files) -> subprocess.Popen[bytes]:
    with launch.no_input() as nothing:
        return subprocess.Popen(
            engine.runtime_of(record).exec_argv(record.id, files.spec, files.pid),
            stdin=nothing,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
        )


def _answer(runner: subprocess.Popen[bytes], collector: Collector) -> cri.ExecSyncResponse:
    return cri.ExecSyncResponse(
        stdout=collector.stdout,
        stderr=collector.stderr,
        exit_code=launch.exit_code(runner.returncode),
    )
