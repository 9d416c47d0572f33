"""UpdateContainer. Source: Docker Engine API, ContainerUpdate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import look

if TYPE_CHECKING:
    from runtimes.core.docker.types import UpdateConfig
    from runtimes.docker_legacy.call import Refusal
    from runtimes.docker_legacy.engine import Engine


def update(engine: Engine, container_id: str, resources: UpdateConfig) -> None:
    what = f"update container '{container_id}'"
    call = Call(
        what=what,
        method="POST",
        path=f"/containers/{segment(container_id, what)}/update",
        body=resources,
    )
    engine.call(call, lambda refusal: _decide(engine, container_id, refusal))


def _decide(engine: Engine, container_id: str, refusal: Refusal) -> errors.Error:
    """The Engine says 500 for a value that the kernel or the runtime refuses, too."""
    if refusal.status == 500 and look(engine, container_id) is not None:
        return refusal.error(errors.InvalidArgument)
    return refusal.error()
