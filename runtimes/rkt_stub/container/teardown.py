"""End a container: what stopping and removing have in common."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.launch.follow import RAW, TARGET, WHOLE
from runtimes.rkt_stub.program.app.kill import kill as kill_app
from runtimes.rkt_stub.program.app.rm import rm
from runtimes.rkt_stub.program.app.status import status
from runtimes.rkt_stub.program.list import find_pod
from runtimes.rkt_stub.program.status import pid_of
from runtimes.rkt_stub.shim.engine import BUSY

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine
    from runtimes.rkt_stub.shim.record import ContainerRecord

log = logging.getLogger(__name__)
PATIENCE = 30.0
_PAUSE = 0.02


def kill(engine: ShimEngine, record: ContainerRecord) -> bool:
    """Kill what runs of it; the caller holds the lock. False when nothing does."""
    uuid = engine.uuid(record.sandbox_id)
    app = status(engine.rkt, uuid, record.app)
    pid = pid_of(engine.rkt, uuid) if app is not None and app["state"] == "running" else None
    if pid is None:
        return False
    engine.containers.save(replace(record, killed=True))
    kill_app(engine.rkt, uuid, record.app, pid)
    return True


def wait_exited(engine: ShimEngine, record: ContainerRecord, seconds: float = PATIENCE) -> bool:
    """Wait until rkt has written down that it ended, which is a moment after its end."""
    uuid = engine.uuid(record.sandbox_id)
    until = time.monotonic() + seconds
    while (app := status(engine.rkt, uuid, record.app)) is not None and app["state"] == "running":
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE)
    return True


def must_exit(engine: ShimEngine, record: ContainerRecord) -> None:
    """As `wait_exited`.

    Raises:
        DeadlineExceeded: it runs on, though it was killed.
    """
    if not wait_exited(engine, record):
        raise errors.DeadlineExceeded(
            f"stop container '{record.id}': it runs {PATIENCE:.0f} s after it was killed"
        )


def forget(engine: ShimEngine, record: ContainerRecord) -> None:
    """Remove it from its pod and from the records; its log stays. The caller holds the lock.

    Raises:
        Internal: rkt refuses, though the pod runs.
    """
    _remove_app(engine, record)
    _discard(engine, record)


def take_back(engine: ShimEngine, record: ContainerRecord) -> None:
    """As `forget`, of one that wasn't added for sure.

    What rkt can't remove because it didn't get that far never runs, and goes with its pod.
    """
    try:
        _remove_app(engine, record)
    except errors.Internal as error:
        log.warning("leave app %s in its pod: %s", record.app, error)
    _discard(engine, record)


def _discard(engine: ShimEngine, record: ContainerRecord) -> None:
    for suffix in (RAW, TARGET, WHOLE, BUSY):
        path = engine.logs(record.sandbox_id) / f"{record.app}{suffix}"
        path.unlink(missing_ok=True)
    engine.containers.delete(record)


def _remove_app(engine: ShimEngine, record: ContainerRecord) -> None:
    """In a pod that has ended nothing can be removed; it goes with the pod, or has gone."""
    if not engine.logs(record.sandbox_id).is_dir():
        return
    uuid = engine.uuid(record.sandbox_id)
    with engine.changing(record) as rkt:
        answer = rm(rkt, uuid, record.app)
    if answer.ok or status(engine.rkt, uuid, record.app) is None:
        return
    pod = find_pod(engine.rkt, uuid)
    if pod is not None and pod["state"] == "running":
        raise answer.failure(f"remove container '{record.id}'")
