"""ListContainers, StreamContainers: rkt is asked only of those that may still run.

Source: CRI ListContainers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.container.observe import observe
from runtimes.rkt_stub.sandbox.list import has_labels

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine
    from runtimes.rkt_stub.shim.record import ContainerRecord


def list_containers(engine: ShimEngine, filter: cri.ContainerFilter | None) -> list[cri.Container]:
    """List containers that match every set field, newest first.

    Source: CRI ListContainers.
    """
    wanted = cri.ContainerFilter() if filter is None else filter
    found = []
    for record in reversed(engine.containers.all()):
        if _fits(record, wanted):
            with suppress(errors.NotFound):  # it was removed meanwhile
                found.append(_summary(engine, record))
    return [
        item for item in found if not wanted.HasField("state") or item.state == wanted.state.state
    ]


def _fits(record: ContainerRecord, wanted: cri.ContainerFilter) -> bool:
    ids = record.id.startswith(wanted.id) and record.sandbox_id.startswith(wanted.pod_sandbox_id)
    return ids and has_labels(record.config.labels, wanted.label_selector)


def _summary(engine: ShimEngine, record: ContainerRecord) -> cri.Container:
    config = record.config
    return cri.Container(
        id=record.id,
        pod_sandbox_id=record.sandbox_id,
        metadata=config.metadata,
        image=config.image,
        image_ref=record.image_id,
        image_id=record.image_id,
        state=observe(engine, record).state,
        created_at=record.created_at_ns,
        labels=config.labels,
        annotations=config.annotations,
    )
