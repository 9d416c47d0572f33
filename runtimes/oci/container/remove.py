"""RemoveContainer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.container import teardown, unused_layers

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine


def remove_container(engine: Engine, container_id: str) -> None:
    """Remove it, killing it if it runs. Its log stays. Idempotent; absent is fine.

    Source: CRI RemoveContainer: "forcibly removed if running; idempotent".
    """
    with suppress(errors.NotFound):
        container_id = engine.containers.resolve(container_id)
        record = engine.containers.load(container_id)
        teardown.remove(engine, container_id)
        unused_layers.collect(engine, [record.image_id])
