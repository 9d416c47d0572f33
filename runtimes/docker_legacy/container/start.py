"""StartContainer. Source: Docker Engine API, ContainerStart (304: it runs already)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import look

if TYPE_CHECKING:
    from runtimes.docker_legacy.call import Refusal
    from runtimes.docker_legacy.engine import Engine


def start(engine: Engine, container_id: str) -> None:
    what = f"start container '{container_id}'"
    call = Call(what=what, method="POST", path=f"/containers/{segment(container_id, what)}/start")
    engine.call(call, lambda refusal: _decide(engine, container_id, refusal))


def _decide(engine: Engine, container_id: str, refusal: Refusal) -> errors.Error:
    """404 is also what a program or a joined container that isn't there gives."""
    if refusal.status == 404 and look(engine, container_id) is not None:
        return refusal.error(errors.InvalidArgument, "what it names must be there")
    return refusal.error()
