"""Remove one container and its log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.oserrors import translated

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService


def delete_container(service: CriService, container_id: str) -> None:
    """Remove one container with its log. Idempotent."""
    try:
        log = service.container_status(container_id).status.log_path
    except errors.NotFound:
        return
    service.remove_container(container_id)
    if log:
        remove_log(Path(log))


def remove_log(log: Path) -> None:
    """Remove a log and what rotation left of it.

    Raises:
        PermissionDenied, Internal: a file can't be removed.
    """
    with translated(f"remove log {log}"):
        for path in (log, *log.parent.glob(f"{log.name}.*")):
            path.unlink(missing_ok=True)
