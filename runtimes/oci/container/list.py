"""ListContainers, StreamContainers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import observe
from runtimes.oci.container.status import STATES, is_visible, named_image
from runtimes.oci.sandbox.list import has_labels

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord


def list_containers(
    engine: Engine, filter: cri.ContainerFilter | None = None
) -> list[cri.Container]:
    """List containers that match every set field, newest first.

    Source: CRI ListContainers.
    """
    wanted = cri.ContainerFilter() if filter is None else filter
    records = engine.containers.all(_meant(wanted))
    found = (summary(engine, record) for record in reversed(records) if is_visible(record))
    return [item for item in found if matches(item, wanted)]


def _meant(wanted: cri.ContainerFilter) -> Callable[[ContainerRecord], bool]:
    """The filter's part that never changes for a container: nobody looks at the others' files."""
    prefix, sandbox, selector = wanted.id, wanted.pod_sandbox_id, dict(wanted.label_selector)
    return lambda record: (
        record.id.startswith(prefix)
        and record.sandbox_id.startswith(sandbox)
        and has_labels(_config(record.config).labels, selector)
    )


@lru_cache(maxsize=4096)
def _config(encoded: bytes) -> cri.ContainerConfig:
    """Decode it; for reading only, since it is shared."""
    return cri.ContainerConfig.FromString(encoded)


def summary(engine: Engine, record: ContainerRecord) -> cri.Container:
    """One line of the list."""
    config = _config(record.config)
    return cri.Container(
        id=record.id,
        pod_sandbox_id=record.sandbox_id,
        metadata=config.metadata,
        image=named_image(config),
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
