"""ListContainers, StreamContainers: from the cache, without asking about any single one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim import labels, naming
from runtimes.dockershim.container import state

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from runtimes.core.docker.types import ContainerSummary
    from runtimes.dockershim.engine import Engine

_NS = 10**9


def list_containers(
    engine: Engine, filter: cri.ContainerFilter | None = None
) -> list[cri.Container]:
    """List containers that match every set field, newest first; ids may be prefixes.

    Source: CRI ListContainers.
    """
    wanted = cri.ContainerFilter() if filter is None else filter
    failed = engine.failed.noted()  # Before the list, which lacks what was made since.
    known = engine.cache.containers()
    engine.failed.forget(failed.difference(one["Id"] for one in known))
    found = engine.lines.of(known, failed)
    chosen = [copied(item) for item in found if matches(item, wanted)]
    return sorted(chosen, key=lambda item: item.created_at, reverse=True)


class Lines:
    """Lines made before, since making one costs more than all else of a list. Thread-safe."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def of(
        self, summaries: Iterable[ContainerSummary], failed: Collection[str]
    ) -> list[cri.Container]:
        """A line for each; made anew when its summary is another object, or its start failed."""
        before = self._kept
        self._kept = now = {
            one["Id"]: _line(before.get(one["Id"]), one, failed=one["Id"] in failed)
            for one in summaries
        }
        return [kept.line for kept in now.values() if kept.line is not None]


@dataclass(frozen=True, slots=True)
class _Kept:
    made_from: ContainerSummary
    failed: bool
    line: cri.Container | None


def _line(before: _Kept | None, one: ContainerSummary, *, failed: bool) -> _Kept:
    if before is not None and before.made_from is one and before.failed == failed:
        return before
    return _Kept(one, failed, summary(one, failed=failed))


def copied(line: cri.Container) -> cri.Container:
    """One that its receiver may change."""
    own = cri.Container()
    own.CopyFrom(line)
    return own


def summary(found: ContainerSummary, *, failed: bool = False) -> cri.Container | None:
    """One line of the list; None for a container that isn't named as ours are. Pure."""
    name = naming.parse(found["Names"])
    if name is None:
        return None
    own, annotations = labels.read(found["Labels"])
    image_id = found["ImageID"]
    return cri.Container(
        id=found["Id"],
        pod_sandbox_id=labels.sandbox_of(found["Labels"]),
        metadata=naming.container_metadata(name),
        image=cri.ImageSpec(image=labels.image_of(found["Labels"]) or image_id),
        image_ref=image_id,
        image_id=image_id,
        state=state.of_summary(found, failed=failed),
        created_at=labels.created_at_of(found["Labels"]) or found["Created"] * _NS,
        labels=own,
        annotations=annotations,
    )


def matches(item: cri.Container, wanted: cri.ContainerFilter) -> bool:
    """Whether a container passes the filter. Pure."""
    if not item.id.startswith(wanted.id):
        return False
    if not item.pod_sandbox_id.startswith(wanted.pod_sandbox_id):
        return False
    if wanted.HasField("state") and item.state != wanted.state.state:
        return False
    return has_labels(item.labels, wanted.label_selector)


def has_labels(own: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether every wanted label is there with its value. Pure."""
    return all(own.get(name) == value for name, value in wanted.items())
