"""ListContainers, StreamContainers: from the cache, without asking about any single one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim import labels, naming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.docker.types import ContainerSummary
    from runtimes.dockershim.engine import Engine

_STATES = {
    "created": cri.CONTAINER_CREATED,
    "running": cri.CONTAINER_RUNNING,
    "paused": cri.CONTAINER_RUNNING,
    "restarting": cri.CONTAINER_RUNNING,
    "exited": cri.CONTAINER_EXITED,
    "removing": cri.CONTAINER_EXITED,
    "dead": cri.CONTAINER_EXITED,
}
_NS = 10**9


def list_containers(
    engine: Engine, filter: cri.ContainerFilter | None = None
) -> list[cri.Container]:
    """List containers that match every set field, newest first; ids may be prefixes.

    Source: CRI ListContainers.
    """
    wanted = cri.ContainerFilter() if filter is None else filter
    found = engine.lines.of(engine.cache.containers())
    return [copied(item) for item in found if matches(item, wanted)]


class Lines:
    """Lines made before, since making one costs more than all else of a list. Thread-safe."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[ContainerSummary, cri.Container | None]] = {}

    def of(self, summaries: list[ContainerSummary]) -> list[cri.Container]:
        """A line for each; one is made anew when its summary is another object than before."""
        before, now = self._kept, {}
        for one in summaries:
            known = before.get(one["Id"])
            made = known if known is not None and known[0] is one else (one, summary(one))
            now[one["Id"]] = made
        self._kept = now
        return [line for _, line in now.values() if line is not None]


def copied(line: cri.Container) -> cri.Container:
    """One that its receiver may change."""
    own = cri.Container()
    own.CopyFrom(line)
    return own


def summary(found: ContainerSummary) -> cri.Container | None:
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
        state=_STATES.get(found["State"], cri.CONTAINER_UNKNOWN),
        created_at=found["Created"] * _NS,
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
