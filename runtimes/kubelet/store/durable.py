"""Write a file so that a kill or a power cut leaves the old or the new one, never half of one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, data: bytes, *, mode: int = 0o600, flush: bool = True) -> None:
    """Replace `path` atomically, and flush file and folder to disk.

    Without `flush` a kill still leaves one of the two, and a power cut may leave neither.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        _write(temporary, data, mode, flush=flush)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if flush:
        sync_folder(path.parent)


def sweep(folder: Path, beginning: str) -> None:
    """Remove what kills left half written of files named so; nobody may be writing one now."""
    for half in folder.glob(f".{beginning}*"):
        half.unlink(missing_ok=True)


def _write(path: Path, data: bytes, mode: int, *, flush: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if flush:
            file.flush()
            os.fsync(descriptor)


def sync_folder(path: Path) -> None:
    """Flush the names in a folder to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
