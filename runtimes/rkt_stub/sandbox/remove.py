"""RemovePodSandbox.

Source: CRI RemovePodSandbox; rktlet, which reported an error for every success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.sandbox import teardown

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine


def remove_pod_sandbox(engine: ShimEngine, sandbox_id: str) -> None:
    """Remove it with its containers, stopping what runs. Idempotent; absent is fine.

    Source: CRI RemovePodSandbox.
    """
    try:
        with engine.sandboxes.lock(sandbox_id) as record:
            teardown.erase(engine, record)
    except errors.NotFound:
        return
