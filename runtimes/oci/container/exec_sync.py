"""ExecSync.

Source: CRI ExecSync; kubernetes/kubernetes#81042 and #124226 (a timeout must leave no process
behind), containerd/containerd#9568 (a child that holds stdio must not prolong the call).
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import exec_tree, observe
from runtimes.oci.container.output import Collector
from runtimes.oci.runtime.refusal import refusal
from runtimes.oci.spec.process import exec_process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

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
    record = engine.containers.load(engine.containers.resolve(container_id))
    if not observe.is_running(engine, record):
        raise errors.FailedPrecondition(f"exec in container '{record.id}': it isn't running")
    with ExitStack() as closing:
        pid_file = engine.paths.execs / f"{os.urandom(8).hex()}.pid"
        closing.callback(pid_file.unlink, missing_ok=True)
        spec_file = pid_file.with_suffix(".json")
        closing.callback(spec_file.unlink, missing_ok=True)
        bundle = engine.containers.folder(record.id)
        spec = json.loads((bundle / "config.json").read_bytes())
        spec_file.write_text(json.dumps(exec_process(spec, cmd, tty=False)))
        runner = closing.enter_context(_spawn(engine, record, spec_file, pid_file))
        action = f"exec {list(cmd)} in container '{record.id}'"
        collector = Collector(runner)
        patience = deadline.remaining(float(timeout) if timeout > 0 else None)
        if not collector.run(patience):
            exec_tree.kill(runner, pid_file, record.process)
            raise errors.DeadlineExceeded(
                f"{action}: it ran longer than {patience:g} s and was killed with its children"
            )
        if not pid_file.exists():
            raise refusal(action, collector.stderr.decode(errors="replace").strip())
        return _answer(runner, collector)


def _spawn(
    engine: Engine, record: ContainerRecord, spec_file: Path, pid_file: Path
) -> subprocess.Popen[bytes]:
    runtime = engine.runtime_of(record)
    return subprocess.Popen(
        runtime.exec_argv(record.id, spec_file, pid_file),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd="/",
    )


def _answer(runner: subprocess.Popen[bytes], collector: Collector) -> cri.ExecSyncResponse:
    code = runner.returncode
    return cri.ExecSyncResponse(
        stdout=collector.stdout,
        stderr=collector.stderr,
        exit_code=code if code >= 0 else 128 - code,
    )
