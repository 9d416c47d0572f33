"""Follow a CRI log while it is written and rotated."""

from __future__ import annotations

import os
import re
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.logs.joiner import Joiner
from runtimes.core.logs.reader import decode_all, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO, Self

    from runtimes.core.logs.line import Entry

PERIOD = 0.05
_CHUNK = 256 * 1024
_ROTATED = re.compile(r"\.\d{8}-\d{6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """How to follow.

    Attributes:
        ended: says whether the container has ended; asked before each look at the file, so that
            what it wrote last is never missed. Its log must be complete when it says so.
        tail: only this many of the lines that are there at first, then all new ones.
        since_ns: nothing older.
        period: seconds between looks at a quiet file.
        wait: called with `period` when the file is quiet.
    """

    ended: Callable[[], bool]
    tail: int | None = None
    since_ns: int = 0
    period: float = PERIOD
    wait: Callable[[float], None] = time.sleep


def follow(
    path: Path,
    *,
    ended: Callable[[], bool],
    tail: int | None = None,
    since_ns: int = 0,
) -> Iterator[Entry]:
    """Yield lines until `ended` and everything is read; a log that isn't there yet is waited for.

    A file renamed away is read to its end before the new one of that path, and those that came
    and went in between; a truncated one is read again from its start. A line whose end is late
    is handed out as it is (`Entry.partial`), the rest follows.
    """
    return follow_with(path, Follow(ended=ended, tail=tail, since_ns=since_ns))


def follow_with(path: Path, options: Follow) -> Iterator[Entry]:
    """As `follow`, with all options."""
    with Follower(path, tail=options.tail, since_ns=options.since_ns) as follower:
        while True:
            ended = options.ended()
            moved = False
            for entry in follower.new():
                moved = True
                yield entry
            if moved and not ended:
                continue
            yield from follower.unfinished()
            if ended:
                return
            options.wait(options.period)


class Follower:
    """Follows one log without waiting, for those who watch several; not thread-safe."""

    def __init__(self, path: Path, *, tail: int | None = None, since_ns: int = 0) -> None:
        self._path = path
        self._tail = tail
        self._since_ns = since_ns
        self._joiner = Joiner()
        self._log = _Rotating(path)
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._log.close()

    def new(self) -> Iterator[Entry]:
        """Yield the lines that have come since the last call; none while there is no log."""
        if not self._started and self._log.open():
            start(self._log.file, self._joiner, self._tail)
            self._started = True
        for part in decode_all(self._log.new_lines(), self._path):
            entry = self._joiner.feed(part)
            if entry is not None and entry.timestamp_ns >= self._since_ns:
                yield entry

    def unfinished(self) -> Iterator[Entry]:
        """Yield lines whose end is late; call it when the log is quiet or has ended."""
        return (e for e in self._joiner.flush() if e.timestamp_ns >= self._since_ns)


class _Rotating:
    """A log's current file, and its successors in turn."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files = ExitStack()
        self._file: BinaryIO | None = None
        self._rest = b""

    def close(self) -> None:
        self._files.close()
        self._file = None

    @property
    def file(self) -> BinaryIO:
        if self._file is None:
            raise ValueError(f"log '{self._path}' isn't open")
        return self._file

    def open(self) -> bool:
        """Open the log unless it is; False while it doesn't exist."""
        if self._file is None:
            files = ExitStack()
            found = _opened(self._path, files)
            if found is not None:
                self._switch(found, files)
        return self._file is not None

    def new_lines(self) -> Iterator[bytes]:
        """Yield complete lines up to the end of the newest file."""
        while self._file is not None:
            # Opened before reading: once it exists, the writer has left the old file for good, and
            # the live one may be yet another by the time that the old one is read.
            with ExitStack() as files:
                successor = self._successor(files)
                yield from self._drain()
                if successor is None:
                    return
                self._switch(successor, files.pop_all())

    def _drain(self) -> Iterator[bytes]:
        if os.fstat(self.file.fileno()).st_size < self.file.tell():
            self.file.seek(0)
            self._rest = b""
        while chunk := self.file.read(_CHUNK):
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            yield from lines

    def _switch(self, file: BinaryIO, files: ExitStack) -> None:
        self._files.close()
        self._files = files
        self._file = file
        self._rest = b""

    def _successor(self, files: ExitStack) -> BinaryIO | None:
        """Open what follows our file: a rotated one that we never had open, or the live one."""
        ours = os.fstat(self.file.fileno())
        if _is_same(self._path, ours):
            return None
        live = _opened(self._path, files)  # before the look: what it took the place of is in there
        try:
            rotated = sorted(filter(self._is_rotated, self._path.parent.iterdir()))
        except FileNotFoundError:  # removed with its folder: what we have open is the last of it
            return None
        index = next((i for i, path in enumerate(rotated) if _is_same(path, ours)), len(rotated))
        later = rotated[index + 1 :]
        if later and not (live is not None and _is_same(later[0], os.fstat(live.fileno()))):
            return _opened(later[0], files)
        return live

    def _is_rotated(self, path: Path) -> bool:
        """Whether kubelet's rotation named it: the log's name, a dot and the time."""
        log, dot, moment = path.name.rpartition(".")
        return log == self._path.name and _ROTATED.fullmatch(dot + moment) is not None


def _opened(path: Path, files: ExitStack) -> BinaryIO | None:
    try:
        return files.enter_context(path.open("rb", buffering=0))
    except FileNotFoundError:
        return None


def _is_same(path: Path, stat: os.stat_result) -> bool:
    try:
        other = path.stat()
    except FileNotFoundError:
        return False
    return (other.st_dev, other.st_ino) == (stat.st_dev, stat.st_ino)
