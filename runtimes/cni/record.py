"""JSON files that are whole or absent, whenever their writer dies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.state import whole

if TYPE_CHECKING:
    from pathlib import Path


def save(path: Path, content: object, *, durable: bool = True) -> None:
    """Replace `path` atomically. One writer at a time, by the caller's lock.

    A record that isn't `durable` outlives any kill of this process, but not a loss of power.
    """
    data = json.dumps(content).encode()
    whole.replace(path, data, through=_temporary(path), durable=durable)


def load(path: Path) -> object:
    """Read a record; None when it is missing or not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def remove(path: Path) -> None:
    """Delete a record and what a killed `save` may have left; a missing one is fine."""
    path.unlink(missing_ok=True)
    _temporary(path).unlink(missing_ok=True)


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")
