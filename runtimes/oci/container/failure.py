"""A start that failed: end what it began, and note why.

Source: containerd's container_start.go for the reason and the exit code.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.oci.container import teardown
from runtimes.oci.state.derive import Reason
from runtimes.oci.state.record import ContainerPhase, Failure

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

START_ERROR_CODE = 128


def fail(engine: Engine, record: ContainerRecord, message: str) -> ContainerRecord:
    """Note that a container's program never ran, after ending what was started for it."""
    teardown.kill(engine, record)
    engine.runtime_of(record).forget(record.id)
    failure = Failure(Reason.START_ERROR, message, START_ERROR_CODE, time.time_ns())
    record = replace(record, phase=ContainerPhase.FAILED, failure=failure, started_at_ns=0)
    engine.containers.save(record)
    return record
