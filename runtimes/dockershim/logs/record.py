"""How far a container's log has been copied, on disk.

    <root>/logs/<container id>/record.json     the directory is the lock

The record is as old as the last copy that was finished; the files themselves tell the rest.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = "record.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord:
    """One log.

    Attributes:
        path: where the CRI log goes.
        source: the Engine's newest file.
        source_inode: of the Engine's file that was read last; 0 before the first time.
        source_offset: bytes of it that are copied.
        output_inode: of the CRI log that was written last.
        output_size: its size when all up to `source_offset` was in it.
    """

    path: str
    source: str
    source_inode: int = 0
    source_offset: int = 0
    output_inode: int = 0
    output_size: int = 0


def write(folder: Path, record: LogRecord) -> None:
    """Replace the record. A kill leaves the old one or the new one."""
    fresh = folder / f"{_FILE}.new"
    fresh.write_text(json.dumps(asdict(record)))
    fresh.rename(folder / _FILE)


def read(folder: Path) -> LogRecord | None:
    """The record; None when there is none, or one that can't be read, which is logged nowhere."""
    try:
        return LogRecord(**json.loads((folder / _FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def locked(folder: Path) -> Iterator[LogRecord | None]:
    """Hold a log for the block; None when it isn't copied, or no longer."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield read(folder)
    finally:
        os.close(descriptor)


def erase(folder: Path) -> None:
    """Copy no more. Idempotent; the caller holds the lock."""
    for name in (_FILE, f"{_FILE}.new"):
        (folder / name).unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        folder.rmdir()


def all_folders(root: Path) -> list[Path]:
    """Every log that is copied."""
    try:
        with os.scandir(root) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir()]
    except FileNotFoundError:
        return []


def make(folder: Path, record: LogRecord) -> None:
    """Begin to copy; a log that is copied already goes on as it is.

    Raises:
        PermissionDenied: the root can't be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if read(folder) is None:
            write(folder, record)
    except OSError as error:
        raise errors.PermissionDenied(f"record the log '{record.path}': {error}") from error
