"""ListPodSandbox, StreamPodSandboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim import labels, naming
from runtimes.dockershim.container.list import has_labels
from runtimes.dockershim.sandbox import find, ready

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerSummary
    from runtimes.dockershim.engine import Engine
    from runtimes.dockershim.state.record import SandboxRecord


def list_pod_sandbox(
    engine: Engine, filter: cri.PodSandboxFilter | None = None
) -> list[cri.PodSandbox]:
    """List sandboxes that match every set field, newest first.

    Raises:
        Unavailable: the Engine doesn't answer.
    Source: CRI ListPodSandbox.
    """
    wanted = cri.PodSandboxFilter() if filter is None else filter
    found = (
        line(engine, sandbox) for sandbox in find.every(engine) if sandbox.id.startswith(wanted.id)
    )
    return [item for item in found if item is not None and matches(item, wanted)]


def line(engine: Engine, found: find.Found) -> cri.PodSandbox | None:
    """One line of the list; None for what isn't ours after all."""
    item = _described(found.record, found.summary)
    if item is not None:
        item.id = found.id
        item.created_at = find.created_at_ns(found)
        item.state = ready.state(ready=ready.is_ready(engine, found.record, found.summary))
    return item


def _described(
    record: SandboxRecord | None, summary: ContainerSummary | None
) -> cri.PodSandbox | None:
    """Who it is: by its record, else by the name and labels that Docker keeps. Pure."""
    if record is not None:
        config = cri.PodSandboxConfig.FromString(record.config)
        return cri.PodSandbox(
            metadata=config.metadata,
            labels=config.labels,
            annotations=config.annotations,
            runtime_handler=record.runtime_handler,
        )
    name = naming.parse(summary["Names"]) if summary is not None else None
    if summary is None or name is None:
        return None
    own, annotations = labels.read(summary["Labels"])
    return cri.PodSandbox(
        metadata=naming.sandbox_metadata(name), labels=own, annotations=annotations
    )


def matches(item: cri.PodSandbox, wanted: cri.PodSandboxFilter) -> bool:
    """Whether a sandbox passes the filter's state and labels. Pure."""
    if wanted.HasField("state") and item.state != wanted.state.state:
        return False
    return has_labels(item.labels, wanted.label_selector)
