"""InspectContainer, and what other calls ask about a container's state.

Source: Docker Engine API, ContainerInspect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, segment

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.docker_legacy.engine import Engine


def inspect(engine: Engine, container_id: str) -> ContainerInspect:
    what = f"inspect container '{container_id}'"
    call = Call(what=what, method="GET", path=f"/containers/{segment(container_id, what)}/json")
    found: ContainerInspect = complete.one(engine.call(call), call, complete.CONTAINER_INSPECT)
    if "Status" in found["State"]:
        found["State"]["Status"] = complete.docker_word(found["State"]["Status"])
    return found


def look(engine: Engine, container_id: str) -> ContainerInspect | None:
    """Describe a container, if there is one that can be described."""
    try:
        return inspect(engine, container_id)
    except errors.Error:
        return None


def runs(engine: Engine, container_id: str) -> bool:
    """Whether it runs and isn't paused; true also when that can't be told."""
    found = look(engine, container_id)
    return found is None or (found["State"]["Running"] and not found["State"]["Paused"])
