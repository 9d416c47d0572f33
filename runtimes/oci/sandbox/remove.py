"""RemovePodSandbox."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.container import unused_layers
from runtimes.oci.sandbox import teardown

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine


def remove_pod_sandbox(engine: Engine, pod_sandbox_id: str) -> None:
    """Remove it with its containers, stopping what runs. Idempotent; absent is fine.

    Raises:
        Unavailable: the network can't be released now; call again.
    Source: CRI RemovePodSandbox.
    """
    with suppress(errors.NotFound):
        sandbox_id = engine.sandboxes.resolve(pod_sandbox_id)
        with engine.sandboxes.lock(sandbox_id) as record:
            images = [container.image_id for container in engine.containers_of(sandbox_id)]
            teardown.destroy(engine, record)
        unused_layers.collect(engine, images)
