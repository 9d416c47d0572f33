"""RemoveContainer. Source: Docker Engine API, ContainerDelete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import look

if TYPE_CHECKING:
    from runtimes.docker_legacy.call import Refusal
    from runtimes.docker_legacy.engine import Engine


def remove(engine: Engine, container_id: str, *, force: bool, volumes: bool) -> None:
    what = f"remove container '{container_id}'"
    call = Call(
        what=what,
        method="DELETE",
        path=f"/containers/{segment(container_id, what)}",
        params={"v": str(int(volumes)), "force": str(int(force))},
    )
    engine.call(call, lambda refusal: _decide(engine, container_id, refusal))


def _decide(engine: Engine, container_id: str, refusal: Refusal) -> errors.Error:
    """A conflict means that it runs, or that somebody else is removing it."""
    if refusal.status not in (409, 500):
        return refusal.error()
    found = look(engine, container_id)
    if found is not None and found["State"]["Running"]:
        return refusal.error(errors.FailedPrecondition, "stop it first, or use force")
    if refusal.status == 409:
        return refusal.error(errors.Aborted, "somebody else is removing it")
    return refusal.error()
