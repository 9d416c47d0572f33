"""RemoveContainer: `rkt app rm`; the log stays.

Source: CRI RemoveContainer; rktlet, whose second call was an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.container import teardown

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine


def remove_container(engine: ShimEngine, container_id: str) -> None:
    """Remove it, killing it if it runs. Idempotent; absent is fine.

    Source: CRI RemoveContainer.
    """
    try:
        with engine.containers.lock(container_id) as record:
            if record.end is None and teardown.kill(engine, record):
                teardown.must_exit(engine, record)
            teardown.forget(engine, record)
    except errors.NotFound:
        return
