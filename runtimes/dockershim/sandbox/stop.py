"""StopPodSandbox."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.dockershim.sandbox import find, lost, teardown

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def stop_pod_sandbox(engine: Engine, pod_sandbox_id: str) -> None:
    """Kill all its containers, then release its network. Idempotent; absent is fine.

    Raises:
        Unavailable: the Engine doesn't answer, or the network can't be released now; call again.
    Source: CRI StopPodSandbox: "idempotent, and must not return an error if all relevant
        resources have already been reclaimed".
    """
    with suppress(errors.NotFound):
        found = find.one(engine, pod_sandbox_id)
        if found.record is None:
            lost.stop(engine, found.id)
            return
        with engine.sandboxes.lock(found.record.id) as record:
            teardown.stop(engine, record)
