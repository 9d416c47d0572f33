"""RemoveContainer.

Source: CRI RemoveContainer: "must not return an error if the container has already been removed".
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.dockershim.container import find, gone, stop
from runtimes.dockershim.logs import containers as logs

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def remove_container(engine: Engine, container_id: str) -> None:
    """Remove it, killing it if it runs. Its log stays, and is complete. Idempotent.

    Source: CRI RemoveContainer.
    """
    with suppress(errors.NotFound):
        remove(engine, find.find(engine, container_id)["Id"])


def remove(engine: Engine, container_id: str) -> None:
    """Remove a container by its full id.

    Raises:
        NotFound: no such container.
    """
    try:
        if engine.docker.inspect_container(container_id)["State"]["Running"]:
            stop.stop(engine, container_id, 0)
        logs.complete(engine, container_id)
        try:
            engine.docker.remove_container(container_id, force=True)
        except errors.FailedPrecondition as error:  # Somebody else is removing it.
            gone.await_gone(engine, container_id, error)
    finally:
        engine.cache.changed(container_id)
