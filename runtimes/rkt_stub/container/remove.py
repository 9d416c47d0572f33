"""RemoveContainer: `rkt app rm`; the log stays.

Source: CRI RemoveContainer; rktlet, whose second call was an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.container import teardown
from runtimes.rkt_stub.launch.follow import RAW, TARGET, WHOLE
from runtimes.rkt_stub.program.app.rm import rm
from runtimes.rkt_stub.program.app.status import status
from runtimes.rkt_stub.program.list import find_pod

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine
    from runtimes.rkt_stub.shim.record import ContainerRecord


def remove_container(engine: ShimEngine, container_id: str) -> None:
    """Remove it, killing it if it runs. Idempotent; absent is fine.

    Source: CRI RemoveContainer.
    """
    try:
        with engine.containers.lock(container_id) as record:
            if record.end is None:
                teardown.must_exit(engine, teardown.kill(engine, record))
            _remove_app(engine, record)
            for suffix in (RAW, TARGET, WHOLE):
                path = engine.logs(record.sandbox_id) / f"{record.app}{suffix}"
                path.unlink(missing_ok=True)
            engine.containers.delete(record)
    except errors.NotFound:
        return


def _remove_app(engine: ShimEngine, record: ContainerRecord) -> None:
    """In a pod that has ended nothing can be removed; it goes with the pod."""
    uuid = engine.uuid(record.sandbox_id)
    answer = rm(engine.rkt, uuid, record.app)
    if answer.ok or status(engine.rkt, uuid, record.app) is None:
        return
    pod = find_pod(engine.rkt, uuid)
    if pod is not None and pod["state"] == "running":
        raise answer.failure(f"remove container '{record.id}'")
