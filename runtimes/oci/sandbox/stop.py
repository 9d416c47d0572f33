"""StopPodSandbox."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.sandbox import teardown

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine


def stop_pod_sandbox(engine: Engine, pod_sandbox_id: str) -> None:
    """Kill all its containers, then release its network. Idempotent; absent is fine.

    Raises:
        Unavailable: the network can't be released now; call again.
    Source: CRI StopPodSandbox: "idempotent, and must not return an error if all relevant
        resources have already been reclaimed".
    """
    with suppress(errors.NotFound):
        sandbox_id = engine.sandboxes.resolve(pod_sandbox_id)
        with engine.sandboxes.lock(sandbox_id) as record:
            teardown.stop(engine, record)
