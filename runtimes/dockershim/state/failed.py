"""Containers that Docker couldn't start. Its lists go on calling them created.

    <root>/failed/<container id>     empty

Only a description tells, by an exit code. What was once seen to have failed is noted here, so that
lists say the same as the status without asking about each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class FailedStarts:
    """Thread-safe, and safe between processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, container_id: str) -> None:
        """Note one. Idempotent."""
        (self._folder / container_id).touch(mode=0o600)

    def forget(self, container_ids: Iterable[str]) -> None:
        """Idempotent."""
        for container_id in container_ids:
            (self._folder / container_id).unlink(missing_ok=True)

    def noted(self) -> frozenset[str]:
        """All of them, those that were removed meanwhile too."""
        return frozenset(path.name for path in self._folder.iterdir())
