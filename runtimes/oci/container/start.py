"""StartContainer.

The monitor and the runtime start here, not at creation: until then a container is files alone,
and a program that can't be executed fails the call that starts it, as in containerd.

    starting (recorded) -> monitor, runtime create: init waits -> started (recorded) -> released

Source: CRI StartContainer; containerd's container_start.go for reason and exit code of a failure.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import failure, recover
from runtimes.oci.container.warm import warm
from runtimes.oci.monitor import cgroup as monitor_cgroup
from runtimes.oci.monitor.monitor import CreateRequest
from runtimes.oci.runtime.release import release
from runtimes.oci.sandbox.ready import is_ready
from runtimes.oci.state.record import ContainerPhase

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.monitor.monitor import Created
    from runtimes.oci.state.record import ContainerRecord


def start_container(engine: Engine, container_id: str) -> None:
    """Start a created container; return once its program is released.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't CREATED, or its sandbox isn't READY.
        InvalidArgument: its program can't be executed.
    Source: CRI StartContainer.
    """
    container_id = engine.containers.resolve(container_id)
    record = engine.containers.load(container_id)
    warm(engine.cgroups)
    with (
        engine.sandboxes.lock(record.sandbox_id, shared=True) as sandbox,
        engine.containers.lock(container_id) as found,
    ):
        record = recover.settle(engine, found)
        if record.phase is not ContainerPhase.CREATED:
            raise errors.FailedPrecondition(
                f"start container '{container_id}': it is {record.phase}, not created; "
                "create a new attempt"
            )
        if not is_ready(engine, sandbox):
            raise errors.FailedPrecondition(
                f"start container '{container_id}': sandbox '{sandbox.id}' isn't ready"
            )
        _start(engine, record)


def _start(engine: Engine, record: ContainerRecord) -> None:
    record = replace(record, phase=ContainerPhase.STARTING, runtime=engine.runtime.name)
    engine.containers.save(record, durable=False)
    try:
        created = _create(engine, record)
        record = replace(
            record,
            phase=ContainerPhase.STARTED,
            process=created.process,
            monitor=created.monitor,
            started_at_ns=time.time_ns(),
        )
        engine.containers.save(record)
        let_run(engine, record, created)
    except (errors.Error, OSError) as error:
        failure.fail(engine, record, str(error))
        raise


def let_run(engine: Engine, record: ContainerRecord, created: Created) -> None:
    """Release the program of a container that is on record as started."""
    release(engine.runtime_of(record), record.id, created.process)
    monitor_cgroup.move(engine.cgroups, created.monitor.pid)


def _create(engine: Engine, record: ContainerRecord) -> Created:
    config = cri.ContainerConfig.FromString(record.config)
    with engine.runtime.creating() as argv:
        return engine.monitor.create(
            CreateRequest(
                container_id=record.id,
                bundle=engine.containers.folder(record.id),
                runtime=argv,
                exit_dir=engine.paths.exits,
                log_path=record.log_path,
                stdin=config.stdin,
                stdin_once=config.stdin_once,
                tty=config.tty,
            )
        )
