"""Turn the log files of `rkt app` into CRI logs while they are written.

rkt writes the format of 2016, ``<time> <stream> <text>`` without a tag, into files of one folder.
Here each file's lines go on to where its container's log shall be.

    <folder>/<app>.log      rkt's own
    <folder>/<app>.to       the path of the CRI log: written before the app is added
    <folder>/<app>.whole    made once rkt has closed its file and all of it was passed on

Source: CRI log format (kubernetes/design-proposals-archive, kubelet-cri-logging), first version.
"""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import select
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.logs.line import parse_time
from runtimes.core.logs.writer import LogWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from runtimes.core.logs.line import Stream

_log = logging.getLogger(__name__)
_MODIFY, _CLOSE_WRITE, _OVERFLOW = 0x2, 0x8, 0x4000
_HEAD = struct.Struct("iIII")
_BUFFER = 64 * 1024
_TURN = 16
"""Buffers of one file that are passed on before the next file has its turn."""
RAW, TARGET, WHOLE = ".log", ".to", ".whole"


@dataclass(slots=True)
class _Copy:
    """Attributes:
    rest: what is read, but not passed on: less than a line.
    head: stream and time of a long line whose beginning was passed on; None between lines.
    """

    source: FileIO
    target: LogWriter
    rest: bytes = b""
    head: tuple[Stream, int] | None = None

    def pass_on(self) -> bool:
        """A turn; True when there may be more."""
        for _ in range(_TURN):
            data = self.source.read(_BUFFER)
            if not data:
                return False
            *lines, self.rest = (self.rest + data).split(b"\n")
            for line in lines:
                self._write(line + b"\n")
            if len(self.rest) > _BUFFER:
                beginning, self.rest = self.rest, b""
                self._write(beginning)
        return True

    def _write(self, data: bytes) -> None:
        """A line, or a part of one."""
        head, text = (self.head, data) if self.head else _taken_apart(data)
        if head is None:
            _log.warning("rkt log line skipped: %r", data[:120])
            return
        self.head = None if data.endswith(b"\n") else head
        self.target.write(head[0], text, head[1])

    def close(self) -> None:
        self.source.close()
        self.target.close()


def _taken_apart(line: bytes) -> tuple[tuple[Stream, int] | None, bytes]:
    """Stream and time, None for what isn't rkt's; and the text."""
    when, _, said = line.partition(b" ")
    stream, _, text = said.partition(b" ")
    try:
        return ("stderr" if stream == b"stderr" else "stdout", parse_time(when)), text
    except errors.DataLoss:
        return None, b""


@dataclass(slots=True)
class Follower:
    """Of one folder; what changes there from now on is seen, whenever `run` begins.

    Attributes:
        _due: apps whose files may have more, and whether rkt has closed them.
    """

    folder: Path
    _watch: int = field(init=False)
    _copies: dict[str, _Copy] = field(default_factory=dict)
    _due: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._watch = _watch(self.folder)

    def run(self, until: int) -> None:
        """Follow until the descriptor `until` becomes readable, and to the ends of files then."""
        watch = self._watch
        try:
            while until not in (ready := self._ready(until)):
                if watch in ready:
                    self._note(os.read(watch, _BUFFER))
                self._give_turns()
            self._due = {path.stem: True for path in self._files()}
            while self._due:
                self._give_turns()
        finally:
            os.close(watch)

    def _ready(self, until: int) -> list[int]:
        return select.select([self._watch, until], [], [], 0 if self._due else None)[0]

    def _files(self) -> Iterator[Path]:
        return self.folder.glob(f"*{RAW}")

    def _note(self, data: bytes) -> None:
        for name, mask in _events(data):
            if mask & _OVERFLOW:
                for path in self._files():
                    self._is_due(path.stem, closed=not _is_written(path))
            elif name.endswith(RAW):
                self._is_due(name.removesuffix(RAW), closed=bool(mask & _CLOSE_WRITE))

    def _is_due(self, app: str, *, closed: bool) -> None:
        self._due[app] = self._due.get(app, False) or closed

    def _give_turns(self) -> None:
        """One log that can't be written loses lines; the others go on."""
        for app, closed in list(self._due.items()):
            try:
                has_more = self._give_turn(app, closed=closed)
            except OSError as error:
                _log.warning("rkt log of %s not passed on: %s", app, error)
                has_more = False
            if not has_more:
                del self._due[app]

    def _give_turn(self, app: str, *, closed: bool) -> bool:
        """True when there may be more."""
        copy = self._copies.get(app) or self._open(app)
        if copy is None:
            return False
        has_more = copy.pass_on()
        if closed and not has_more:
            self._copies.pop(app).close()
            (self.folder / f"{app}{WHOLE}").touch()
        return has_more

    def _open(self, app: str) -> _Copy | None:
        """None for a file that nobody asked for, or of which all was passed on."""
        if (self.folder / f"{app}{WHOLE}").exists():
            return None
        try:
            target = (self.folder / f"{app}{TARGET}").read_text()
        except FileNotFoundError:
            return None
        writer = LogWriter(Path(target))
        copy = _Copy((self.folder / f"{app}{RAW}").open("rb", buffering=0), writer)
        self._copies[app] = copy
        return copy


def _is_written(path: Path) -> bool:
    """Whether somebody has it open to write: then nobody may have a lease to read it."""
    try:
        with path.open("rb") as file:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return True
    return False


def _watch(folder: Path) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor: int = libc.inotify_init1(os.O_CLOEXEC)
    mask = _MODIFY | _CLOSE_WRITE
    if descriptor < 0 or libc.inotify_add_watch(descriptor, os.fsencode(folder), mask) < 0:
        raise OSError(ctypes.get_errno(), "inotify", str(folder))
    return descriptor


def _events(data: bytes) -> Iterator[tuple[str, int]]:
    at = 0
    while at < len(data):
        _, mask, _, length = _HEAD.unpack_from(data, at)
        name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0")
        at += _HEAD.size + length
        yield os.fsdecode(name), mask
