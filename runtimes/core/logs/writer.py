"""Append what a program writes to its CRI log."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from runtimes.core.logs.line import Entry, Stream, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

MAX_TEXT = 16 * 1024
"""Longer lines are split into partial ones of this many bytes, as the CRI's readers expect."""


class LogWriter:
    """An open log. Thread-safe; two processes may append to one file.

    Nothing is held back: a line without its newline is written as a partial one at once.
    """

    def __init__(
        self, path: Path, *, mode: int = 0o640, clock: Callable[[], int] = time.time_ns
    ) -> None:
        """Open `path` for appending, and make it if need be; its directory must exist.

        Args:
            path: of the log.
            mode: of a new file, before the umask.
            clock: gives ns since the epoch.
        """
        self._path = path
        self._mode = mode
        self._clock = clock
        self._lock = threading.Lock()
        self._file: int | None = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, stream: Stream, data: bytes, timestamp_ns: int | None = None) -> None:
        """Append `data` with one time, by default now; any number of lines, or a part of one.

        Lines of several writers never mix: each write is one append.
        """
        if not data:
            return
        moment = self._clock() if timestamp_ns is None else timestamp_ns
        lines = b"".join(encode(Entry(moment, stream, text)) for text in _pieces(data))
        with self._lock:
            if self._file is None:
                raise ValueError(f"write to log '{self._path}': it is closed")
            _append(self._file, lines)

    def reopen(self) -> None:
        """Go on in a new file of the same path, after somebody has renamed the old one."""
        with self._lock:
            old, self._file = self._file, self._open()
        if old is not None:
            os.close(old)

    def close(self) -> None:
        """Close the file. Idempotent."""
        with self._lock:
            old, self._file = self._file, None
        if old is not None:
            os.close(old)

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        return os.open(self._path, flags, self._mode)


def _pieces(data: bytes) -> Iterator[bytes]:
    *lines, last = data.split(b"\n")
    for line in lines:
        yield from _split_long(line + b"\n")
    if last:
        yield from _split_long(last)


def _split_long(line: bytes) -> Iterator[bytes]:
    start = 0
    while len(line) - start > MAX_TEXT + line.endswith(b"\n"):
        yield line[start : start + MAX_TEXT]
        start += MAX_TEXT
    yield line[start:]


def _append(file: int, lines: bytes) -> None:
    view = memoryview(lines)
    while view:
        view = view[os.write(file, view) :]
