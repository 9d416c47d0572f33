"""Files that are whole or absent, whenever their writer dies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def replace(path: Path, data: bytes, *, through: Path, durable: bool = True) -> None:
    """Replace a file's content at once. One writer at a time, by the caller's lock.

    `through` is where it is written first, in the same folder. What isn't `durable` outlives any
    kill of this process, but not a loss of power.
    """
    with through.open("wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    through.rename(path)
    if durable:
        _flush(path.parent)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
