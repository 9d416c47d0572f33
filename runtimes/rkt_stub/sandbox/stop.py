"""StopPodSandbox.

Source: CRI StopPodSandbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.sandbox import teardown

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine


def stop_pod_sandbox(engine: ShimEngine, sandbox_id: str) -> None:
    """Kill the pod with its containers; its address is free then. Idempotent; absent is fine.

    Source: CRI StopPodSandbox.
    """
    try:
        with engine.sandboxes.lock(sandbox_id) as record:
            teardown.stop(engine, record)
    except errors.NotFound:
        return
