"""ReopenContainerLog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.container import observe

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine


def reopen_container_log(engine: Engine, container_id: str) -> None:
    """Continue the log in a new file at the same path, after the old one was renamed.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't running.
    Source: CRI ReopenContainerLog.
    """
    record = engine.containers.load(engine.containers.resolve(container_id))
    if not observe.is_running(engine, record) or record.monitor is None:
        raise errors.FailedPrecondition(
            f"reopen the log of container '{container_id}': it isn't running"
        )
    if record.log_path:
        folder = engine.containers.folder(record.id)
        engine.monitor.reopen_log(folder, Path(record.log_path), record.monitor)
