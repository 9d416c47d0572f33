"""StopContainer: `rkt app stop` has a timeout of its own, 90 s; a shorter one is ours to keep.

Source: CRI StopContainer; rktlet, which ignored the timeout.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.container import observe, teardown
from runtimes.rkt_stub.program.rkt import CALL_SECONDS

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine
    from runtimes.rkt_stub.shim.record import ContainerRecord


def stop_container(engine: ShimEngine, container_id: str, timeout: int) -> None:
    """SIGTERM, `timeout` seconds (at most 90), SIGKILL; 0 kills at once.

    Idempotent; absent is fine.

    Source: CRI StopContainer.
    """
    with suppress(errors.NotFound):
        _stop(engine, engine.containers.load(container_id), timeout)


def _stop(engine: ShimEngine, record: ContainerRecord, timeout: int) -> None:
    if observe.observe(engine, record).state != cri.CONTAINER_RUNNING:
        return
    if timeout <= 0 or not _terminate(engine, record, timeout):
        _kill(engine, record)
    observe.observe(engine, engine.containers.load(record.id))


def _terminate(engine: ShimEngine, record: ContainerRecord, timeout: int) -> bool:
    """Whether it ended in time."""
    words = ("app", "stop", engine.uuid(record.sandbox_id), f"--app={record.app}")
    try:
        engine.rkt.call(*words, timeout=min(timeout, CALL_SECONDS))
    except errors.DeadlineExceeded:
        deadline.check(f"stop container '{record.id}'")
        return False
    return teardown.wait_exited(engine, record)


def _kill(engine: ShimEngine, record: ContainerRecord) -> None:
    with engine.containers.lock(record.id) as found:
        killed = teardown.kill(engine, found)
    if killed:
        teardown.must_exit(engine, record)
