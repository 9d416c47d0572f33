"""End a sandbox, and remove it: what stopping, removing and a failed start have in common."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.volumes.cleanup import remove_tree
from runtimes.rkt_stub.container import observe
from runtimes.rkt_stub.launch.unit import ended, forestall, supervised
from runtimes.rkt_stub.program.list import find_pod
from runtimes.rkt_stub.program.rm import rm
from runtimes.rkt_stub.stop import stop_pod

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine
    from runtimes.rkt_stub.shim.record import SandboxRecord

POD_GRACE = 2.0
_LAST_WORDS = 10.0
_PAUSE = 0.01


def stop(engine: ShimEngine, record: SandboxRecord) -> None:
    """Kill the pod with what runs in it; the caller holds the lock. Idempotent.

    Raises:
        DeadlineExceeded: rkt runs, and doesn't say what to kill.
    """
    if not record.stopped:
        engine.sandboxes.save(replace(record, stopped=True))
    uuid = _uuid(engine, record.id)
    if not uuid or ended(engine.folder(record.id)) is not None:
        return
    running = [one for one in engine.containers_of(record.id) if one.end is None]
    for one in running:
        with suppress(errors.NotFound), engine.containers.lock(one.id) as container:
            engine.containers.save(replace(container, killed=True))
    stop_pod(engine.rkt, uuid, 0.0 if running else POD_GRACE)
    _wait_for_supervisor(engine, record.id)
    for one in running:
        with suppress(errors.NotFound):
            observe.settle(engine, one.id)


def _uuid(engine: ShimEngine, sandbox_id: str) -> str:
    """What rkt calls the pod; one that is about to be named is waited for, or never begins."""
    until = time.monotonic() + _LAST_WORDS
    folder = engine.folder(sandbox_id)
    while not (uuid := engine.uuid(sandbox_id)) and not forestall(folder):
        if time.monotonic() > until:
            raise errors.DeadlineExceeded(
                f"stop sandbox '{sandbox_id}': its rkt runs, but gave it no UUID; try again later"
            )
        time.sleep(_PAUSE)
    return uuid


def _wait_for_supervisor(engine: ShimEngine, sandbox_id: str) -> None:
    """It writes the last lines of logs."""
    until = time.monotonic() + _LAST_WORDS
    while supervised(engine.folder(sandbox_id)) and time.monotonic() < until:
        time.sleep(_PAUSE)


def erase(engine: ShimEngine, record: SandboxRecord) -> None:
    """Remove a sandbox and all that belongs to it; the caller holds the lock.

    Raises:
        DeadlineExceeded: as `stop`; the record stays.
        Internal: rkt refuses to remove the pod, though it doesn't run.
    """
    stop(engine, record)
    _clear(engine, record.id)
    engine.sandboxes.delete(record)


def discard(engine: ShimEngine, sandbox_id: str) -> None:
    """As `erase`, of a sandbox whose record can't be read: who it was is in its folder."""
    uuid = _uuid(engine, sandbox_id)
    if uuid and ended(engine.folder(sandbox_id)) is None:
        stop_pod(engine.rkt, uuid, 0)
        _wait_for_supervisor(engine, sandbox_id)
    _clear(engine, sandbox_id)
    engine.sandboxes.discard(sandbox_id)


def _clear(engine: ShimEngine, sandbox_id: str) -> None:
    for one in engine.containers_of(sandbox_id):
        with suppress(errors.NotFound), engine.containers.lock(one.id) as container:
            engine.containers.delete(container)
    uuid = engine.uuid(sandbox_id)
    answer = rm(engine.rkt, uuid) if uuid else None
    if answer is not None and not answer.ok and find_pod(engine.rkt, uuid) is not None:
        raise answer.failure(f"remove sandbox '{sandbox_id}'")
    remove_tree(engine.folder(sandbox_id))
