"""ContainerStatus.

Source: CRI ContainerStatus.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.container.observe import observe

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine


def container_status(
    engine: ShimEngine, container_id: str, *, verbose: bool
) -> cri.ContainerStatusResponse:
    """Tell one container's state. Times are ns since the epoch, 0 when not reached.

    Raises:
        NotFound: no such container.
    Source: CRI ContainerStatus.
    """
    record = engine.containers.load(engine.containers.resolve(container_id))
    seen, config = observe(engine, record), record.config
    status = cri.ContainerStatus(
        id=record.id,
        metadata=config.metadata,
        state=seen.state,
        created_at=record.created_at_ns,
        started_at=seen.started_at_ns,
        image=config.image,
        image_ref=record.image_id,
        image_id=record.image_id,
        labels=config.labels,
        annotations=config.annotations,
        mounts=config.mounts,
        log_path=record.log_path,
    )
    if seen.end is not None:
        status.finished_at = seen.end.finished_at_ns
        status.exit_code = seen.end.exit_code
        status.reason, status.message = seen.end.reason, seen.end.message
    answer = cri.ContainerStatusResponse(status=status)
    if verbose:
        told = {"pod": engine.uuid(record.sandbox_id), "app": record.app}
        answer.info["rkt"] = json.dumps(told)
    return answer
