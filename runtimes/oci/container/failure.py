"""A start that came to nothing: end what it began; note why, or make it possible again.

Source: containerd's container_start.go for the reason and the exit code.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.oci.container import teardown
from runtimes.oci.monitor.monitor import remove_traces
from runtimes.oci.state.derive import Reason
from runtimes.oci.state.record import ContainerPhase, Failure

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

START_ERROR_CODE = 128


def fail(engine: Engine, record: ContainerRecord, message: str) -> ContainerRecord:
    """Note that a container's program never ran, after ending what was started for it."""
    _end(engine, record)
    failure = Failure(Reason.START_ERROR, message, START_ERROR_CODE, time.time_ns())
    record = replace(record, phase=ContainerPhase.FAILED, failure=failure, started_at_ns=0)
    engine.containers.save(record)
    return record


def take_back(engine: Engine, record: ContainerRecord) -> ContainerRecord:
    """Leave a container as it was before a start that nobody is carrying out any more.

    Its program never ran, so nothing of it has failed: it is created, and may be started.
    """
    _end(engine, record)
    teardown.remove_cgroup(engine, record.cgroup_path)
    remove_traces(engine.containers.folder(record.id))
    engine.paths.exit_file(record.id).unlink(missing_ok=True)
    record = replace(record, phase=ContainerPhase.CREATED)
    engine.containers.save(record)
    return record


def _end(engine: Engine, record: ContainerRecord) -> None:
    teardown.kill(engine, record)
    engine.runtime_of(record).forget(record.id)
