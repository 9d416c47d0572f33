"""Find a container by its id or the beginning of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.dockershim import naming
from runtimes.dockershim.cache.containers import resolve
from runtimes.dockershim.container import state

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerInspect, ContainerSummary
    from runtimes.dockershim.engine import Engine


def find(engine: Engine, container_id: str) -> ContainerSummary:
    """Raises:
    NotFound: no such container; a sandbox is none.
    InvalidArgument: several ids start so.
    """
    known = engine.cache.known(container_id)
    if known is not None and not naming.is_sandbox(known["Labels"]):
        return known
    return resolve(engine.cache.containers(), container_id, "container")


def inspect(engine: Engine, container_id: str) -> ContainerInspect:
    """Describe it as the Engine sees it; raises as `find`."""
    return described(engine, find(engine, container_id)["Id"])


def described(engine: Engine, container_id: str) -> ContainerInspect:
    """The same by its full id; that it couldn't be started is noted, as lists don't tell.

    Raises:
        NotFound: no such container.
    """
    found = engine.cache.inspect(container_id)
    if state.cannot_run(found["State"]):
        engine.failed.add(container_id)
    return found


def running(engine: Engine, container_id: str, what: str) -> ContainerInspect:
    """Describe one that runs.

    Raises:
        FailedPrecondition: it doesn't run, or is paused.
    """
    found = inspect(engine, container_id)
    if not found["State"]["Running"] or found["State"]["Paused"]:
        raise errors.FailedPrecondition(f"{what} container '{found['Id']}': it isn't running")
    return found
