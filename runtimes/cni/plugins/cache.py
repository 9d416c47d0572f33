"""Attempts on disk, from before the first ADD until after the last DEL."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from runtimes.cni import record
from runtimes.cni.plugins.attempt import Attempt

if TYPE_CHECKING:
    from pathlib import Path


class Cache:
    """Records below one directory, and the locks of their sandboxes."""

    def __init__(self, root: Path) -> None:
        self._locks = root / "locks"
        self._attempts = root / "attempts"

    def lock_path(self, sandbox_id: str) -> Path:
        return self._locks / sandbox_id

    def save(self, attempt: Attempt) -> None:
        self._attempts.mkdir(mode=0o700, parents=True, exist_ok=True)
        record.save(self._path(attempt.sandbox_id), asdict(attempt))

    def load(self, sandbox_id: str) -> Attempt | None:
        """Read a record; None when it is missing or damaged."""
        return _attempt(record.load(self._path(sandbox_id)))

    def is_recorded(self, sandbox_id: str) -> bool:
        """Tell whether there's a record, be it damaged."""
        return self._path(sandbox_id).exists()

    def forget(self, sandbox_id: str) -> None:
        record.remove(self._path(sandbox_id))

    def sandbox_ids(self) -> set[str]:
        return {path.stem for path in self._attempts.glob("[!.]*.json")}

    def _path(self, sandbox_id: str) -> Path:
        return self._attempts / f"{sandbox_id}.json"


def _attempt(content: Any) -> Attempt | None:  # noqa: ANN401 - any JSON
    try:
        return Attempt(**{**content, "plugins": tuple(content["plugins"])})
    except (KeyError, TypeError):
        return None
