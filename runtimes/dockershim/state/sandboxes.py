"""The records of all sandboxes, found by the id that Docker gave them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.state.store import Store
from runtimes.dockershim.state.record import SandboxRecord

if TYPE_CHECKING:
    from pathlib import Path


class Sandboxes(Store[SandboxRecord]):
    """Thread-safe, and safe between processes."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, SandboxRecord)
        self._keys: dict[str, str] = {}

    def of(self, sandbox_id: str) -> SandboxRecord | None:
        """The record of a sandbox, by Docker's full id; None when it was lost, or isn't ours."""
        key = self._keys.get(sandbox_id)
        if key is not None:
            with suppress(errors.NotFound, errors.DataLoss):
                return self.load(key)
        self._keys = {record.sandbox_id: record.id for record in self.all() if record.sandbox_id}
        found = self._keys.get(sandbox_id)
        return None if found is None else self.load(found)
