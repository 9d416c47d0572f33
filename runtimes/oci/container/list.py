"""ListContainers, StreamContainers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import observe
from runtimes.oci.container.status import STATES, is_visible
from runtimes.oci.sandbox.list import has_labels

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


def list_containers(
    engine: Engine, filter: cri.ContainerFilter | None = None
) -> list[cri.Container]:
    """List containers that match every set field, newest first.

    Source: CRI ListContainers.
    """
    wanted = cri.ContainerFilter() if filter is None else filter
    found = (
        summary(engine, record)
        for record in reversed(engine.containers.all())
        if is_visible(record) and _has_ids(record, wanted)
    )
    return [item for item in found if matches(item, wanted)]


def _has_ids(record: ContainerRecord, wanted: cri.ContainerFilter) -> bool:
    return record.id.startswith(wanted.id) and record.sandbox_id.startswith(wanted.pod_sandbox_id)


def summary(engine: Engine, record: ContainerRecord) -> cri.Container:
    """One line of the list."""
    config = cri.ContainerConfig.FromString(record.config)
    return cri.Container(
        id=record.id,
        pod_sandbox_id=record.sandbox_id,
        metadata=config.metadata,
        image=config.image,
        image_ref=record.image_ref,
        state=STATES[observe.observe(engine, record).state],
        created_at=record.created_at_ns,
        labels=config.labels,
        annotations=config.annotations,
        image_id=record.image_id,
    )


def matches(item: cri.Container, wanted: cri.ContainerFilter) -> bool:
    """Whether a container passes the filter's state and labels. Pure."""
    if wanted.HasField("state") and item.state != wanted.state.state:
        return False
    return has_labels(item.labels, wanted.label_selector)
