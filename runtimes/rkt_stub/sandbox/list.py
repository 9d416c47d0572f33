"""ListPodSandbox, StreamPodSandboxes: one `rkt list` for all.

Source: CRI ListPodSandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.program.list import list_pods
from runtimes.rkt_stub.sandbox.status import state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.rkt_stub.program.shapes import Pod
    from runtimes.rkt_stub.shim.engine import ShimEngine
    from runtimes.rkt_stub.shim.record import SandboxRecord


def list_pod_sandbox(
    engine: ShimEngine, filter: cri.PodSandboxFilter | None
) -> list[cri.PodSandbox]:
    """List sandboxes that match every set field, newest first.

    Source: CRI ListPodSandbox.
    """
    wanted = cri.PodSandboxFilter() if filter is None else filter
    records = [
        one
        for one in reversed(engine.sandboxes.all())
        if one.id.startswith(wanted.id) and has_labels(one.config.labels, wanted.label_selector)
    ]
    if not records:
        return []
    pods = {pod["name"]: pod for pod in list_pods(engine.rkt)}
    items = [summary(one, pods.get(engine.uuid(one.id))) for one in records]
    return [
        item for item in items if not wanted.HasField("state") or item.state == wanted.state.state
    ]


def summary(record: SandboxRecord, pod: Pod | None) -> cri.PodSandbox:
    """One line of the list."""
    config = record.config
    return cri.PodSandbox(
        id=record.id,
        metadata=config.metadata,
        state=state(record, pod),
        created_at=record.created_at_ns,
        labels=config.labels,
        annotations=config.annotations,
    )


def has_labels(labels: Mapping[str, str], selector: Mapping[str, str]) -> bool:
    """Whether all of the selector's labels are there with their values. Pure."""
    return all(labels.get(name) == value for name, value in selector.items())
