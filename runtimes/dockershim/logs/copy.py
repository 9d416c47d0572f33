"""Copy a log from the Engine's files to the CRI's, every byte once.

    read a piece -> append what it becomes -> write the record

A kill between the last two leaves an output that is longer than its record says. What a piece
becomes depends on the piece alone, so the next copy makes the same bytes anew and leaves out as
many as are there: no line is lost, none is there twice, and a half one is completed.

Source: the CRI's log format; kubelet's log rotation, which renames the file and then calls
ReopenContainerLog.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.dockershim.logs import json_file
from runtimes.dockershim.logs import record as records

if TYPE_CHECKING:
    from runtimes.dockershim.logs.record import LogRecord

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
_MODE = 0o640


def advance(folder: Path) -> None:
    """Copy all that is there. Any process may do it at any time."""
    with records.locked(folder) as record:
        if record is not None:
            _copy(folder, record)


def finish(folder: Path) -> None:
    """Copy the rest of a container that has ended, and forget about it. Idempotent."""
    with records.locked(folder) as record:
        if record is not None:
            _copy(folder, record)
        if folder.is_dir():
            records.erase(folder)


def reopen(folder: Path) -> bool:
    """Copy what is there to the old file, and go on in a new one; False for a log not copied.

    A log that wasn't renamed goes on where it is.
    """
    with records.locked(folder) as record:
        if record is None:
            return False
        copied = _copy(folder, record)
        descriptor = os.open(record.path, _FLAGS | os.O_CREAT, _MODE)
        try:
            records.write(folder, _beginning(copied, descriptor))
        finally:
            os.close(descriptor)
    return True


def _beginning(record: LogRecord, descriptor: int) -> LogRecord:
    found = os.fstat(descriptor)
    return replace(record, output_inode=found.st_ino, output_size=found.st_size)


def _copy(folder: Path, record: LogRecord) -> LogRecord:
    descriptor = _open(record)
    try:
        if os.fstat(descriptor).st_ino != record.output_inode:
            record = _beginning(record, descriptor)
            records.write(folder, record)
        ahead = max(0, os.fstat(descriptor).st_size - record.output_size)
        source = Path(record.source)
        for piece in json_file.read(source, record.source_inode, record.source_offset):
            lines = json_file.convert(piece.data)
            _append(descriptor, lines[ahead:])
            ahead = max(0, ahead - len(lines))
            record = replace(
                record,
                source_inode=piece.inode,
                source_offset=piece.offset,
                output_size=os.fstat(descriptor).st_size,
            )
            if not ahead:
                records.write(folder, record)
    finally:
        os.close(descriptor)
    return record


def _open(record: LogRecord) -> int:
    """The file to go on in: the one written last, wherever it was renamed to, or else a new one."""
    path = Path(record.path)
    if record.output_inode and not path.exists() and path.parent.is_dir():
        with os.scandir(path.parent) as entries:
            renamed = next((e.path for e in entries if e.inode() == record.output_inode), None)
        if renamed is not None:
            return os.open(renamed, _FLAGS)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    return os.open(path, _FLAGS | os.O_CREAT, _MODE)


def _append(descriptor: int, lines: bytes) -> None:
    view = memoryview(lines)
    while view:
        view = view[os.write(descriptor, view) :]
