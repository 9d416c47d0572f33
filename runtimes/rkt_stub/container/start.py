"""StartContainer: `rkt app start`, which would also start an ended one again.

Source: CRI StartContainer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.container.observe import look
from runtimes.rkt_stub.program.app.start import start

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine


def start_container(engine: ShimEngine, container_id: str) -> None:
    """Start a created container. That a program can't be executed is told only by its exit.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't in state CREATED.
        Internal: rkt refused.
    Source: CRI StartContainer.
    """
    with engine.containers.lock(container_id) as record:
        state = look(engine, record).state
        if state != cri.CONTAINER_CREATED:
            told = cri.ContainerState.Name(state).removeprefix("CONTAINER_")
            raise errors.FailedPrecondition(
                f"start container '{container_id}': it is {told}; only a CREATED one can be started"
            )
        with engine.changing(record) as rkt:
            answer = start(rkt, engine.uuid(record.sandbox_id), record.app)
    if not answer.ok:
        raise answer.failure(f"start container '{container_id}'")
