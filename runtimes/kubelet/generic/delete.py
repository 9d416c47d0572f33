"""Remove one container and its log."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

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
    """Remove a log and what rotation left of it."""
    for path in (log, *log.parent.glob(f"{log.name}.*")):
        with suppress(OSError):
            path.unlink(missing_ok=True)
