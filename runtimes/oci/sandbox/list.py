"""ListPodSandbox, StreamPodSandboxes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.sandbox import ready

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import SandboxRecord


def list_pod_sandbox(
    engine: Engine, filter: cri.PodSandboxFilter | None = None
) -> list[cri.PodSandbox]:
    """List sandboxes that match every set field, newest first.

    Source: CRI ListPodSandbox.
    """
    wanted = cri.PodSandboxFilter() if filter is None else filter
    records = engine.sandboxes.all(_meant(wanted))
    found = (summary(engine, record) for record in reversed(records))
    return [item for item in found if matches(item, wanted)]


def _meant(wanted: cri.PodSandboxFilter) -> Callable[[SandboxRecord], bool]:
    """The filter's part that never changes for a sandbox: nobody looks at the others' files."""
    prefix, selector = wanted.id, dict(wanted.label_selector)
    return lambda record: (
        record.id.startswith(prefix) and has_labels(_config(record.config).labels, selector)
    )


def summary(engine: Engine, record: SandboxRecord) -> cri.PodSandbox:
    """One line of the list."""
    config = _config(record.config)
    return cri.PodSandbox(
        id=record.id,
        metadata=config.metadata,
        state=ready.state(engine, record),
        created_at=record.created_at_ns,
        labels=config.labels,
        annotations=config.annotations,
        runtime_handler=record.runtime_handler,
    )


@lru_cache(maxsize=4096)
def _config(encoded: bytes) -> cri.PodSandboxConfig:
    """Decode it; for reading only, since it is shared."""
    return cri.PodSandboxConfig.FromString(encoded)


def matches(item: cri.PodSandbox, wanted: cri.PodSandboxFilter) -> bool:
    """Whether a sandbox passes the filter's state and labels. Pure."""
    if wanted.HasField("state") and item.state != wanted.state.state:
        return False
    return has_labels(item.labels, wanted.label_selector)


def has_labels(labels: Mapping[str, str], selector: Mapping[str, str]) -> bool:
    """Whether all of the selector's labels are there with their values. Pure."""
    return all(labels.get(name) == value for name, value in selector.items())
