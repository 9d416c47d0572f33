"""Read a CRI log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.logs.joiner import Joiner
from runtimes.core.logs.line import Entry, decode
from runtimes.core.logs.tail import find_tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import BinaryIO

_log = logging.getLogger(__name__)


def read(
    path: Path, *, tail: int | None = None, since_ns: int = 0, limit_bytes: int | None = None
) -> Iterator[Entry]:
    """Yield the lines of a log as it is now, oldest first, partial ones joined.

    Args:
        path: of the log; links are followed.
        tail: only this many of the last lines.
        since_ns: of those, only the ones that aren't older.
        limit_bytes: stop after this many bytes of text; the last entry is cut to fit.

    Raises:
        NotFound: there is no such log.
    """
    entries = _read(path, tail, since_ns)
    return entries if limit_bytes is None else _limited(entries, limit_bytes)


def open_log(path: Path) -> BinaryIO:
    """Open a log for reading.

    Raises:
        NotFound: there is no such log.
        PermissionDenied: it isn't ours to read.
    """
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise errors.NotFound(f"read log '{path}': there is no such file") from error
    except PermissionError as error:
        raise errors.PermissionDenied(f"read log '{path}': {error.strerror}") from error


def decode_all(lines: Iterable[bytes], path: Path) -> Iterator[Entry]:
    """Yield the entries of physical lines; broken ones are logged and left out."""
    for line in lines:
        try:
            entry = decode(line)
        except errors.DataLoss as error:
            _log.warning("log line skipped path=%s error=%s", path, error)
        else:
            yield entry


def start(file: BinaryIO, joiner: Joiner, tail: int | None) -> None:
    """Put `file` and `joiner` where the last `tail` lines begin, or at the top."""
    if tail is None:
        return
    found = find_tail(file, tail)
    for entry in found.before:
        joiner.feed(entry)
    file.seek(found.offset)


def _read(path: Path, tail: int | None, since_ns: int) -> Iterator[Entry]:
    with open_log(path) as file:
        joiner = Joiner()
        start(file, joiner, tail)
        for part in decode_all(_complete(file), path):
            entry = joiner.feed(part)
            if entry is not None and entry.timestamp_ns >= since_ns:
                yield entry
        yield from (entry for entry in joiner.flush() if entry.timestamp_ns >= since_ns)


def _complete(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines; one without its newline is still being written, or was cut by a crash."""
    return (line for line in file if line.endswith(b"\n"))


def _limited(entries: Iterator[Entry], limit: int) -> Iterator[Entry]:
    left = limit
    for entry in entries:
        if left <= 0:
            return
        yield (
            entry
            if len(entry.text) <= left
            else Entry(entry.timestamp_ns, entry.stream, entry.text[:left])
        )
        left -= len(entry.text)
