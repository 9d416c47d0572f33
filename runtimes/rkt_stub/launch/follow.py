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
    from typing import BinaryIO

_log = logging.getLogger(__name__)
_MODIFY, _CLOSE_WRITE = 0x2, 0x8
_HEAD = struct.Struct("iIII")
_BUFFER = 64 * 1024
RAW, TARGET, WHOLE = ".log", ".to", ".whole"


@dataclass(slots=True)
class _Copy:
    source: BinaryIO
    target: LogWriter
    rest: bytes = b""

    def pass_on(self) -> None:
        """All complete lines that are there by now."""
        *lines, self.rest = (self.rest + self.source.read()).split(b"\n")
        for line in lines:
            self._write(line)

    def _write(self, line: bytes) -> None:
        when, _, said = line.partition(b" ")
        stream, _, text = said.partition(b" ")
        try:
            moment = parse_time(when)
        except errors.DataLoss as error:
            _log.warning("rkt log line skipped: %s", error)
            return
        self.target.write("stderr" if stream == b"stderr" else "stdout", text + b"\n", moment)

    def close(self) -> None:
        self.source.close()
        self.target.close()


@dataclass(slots=True)
class Follower:
    """Of one folder; what changes there from now on is seen, whenever `run` begins."""

    folder: Path
    _watch: int = field(init=False)
    _copies: dict[str, _Copy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._watch = _watch(self.folder)

    def run(self, until: int) -> None:
        """Follow until the descriptor `until` becomes readable, and once more then."""
        watch = self._watch
        try:
            while until not in (ready := select.select([watch, until], [], [])[0]):
                if watch in ready:
                    self._take(watch)
            for path in self.folder.glob(f"*{RAW}"):
                self._changed(path.stem, closed=True)
        finally:
            os.close(watch)

    def _take(self, watch: int) -> None:
        closed: dict[str, bool] = {}
        for name, mask in _events(os.read(watch, _BUFFER)):
            if name.endswith(RAW):
                app = name.removesuffix(RAW)
                closed[app] = closed.get(app, False) or bool(mask & _CLOSE_WRITE)
        for app, is_closed in closed.items():
            self._changed(app, closed=is_closed)

    def _changed(self, app: str, *, closed: bool) -> None:
        """One log that can't be written loses lines; the others go on."""
        try:
            self._pass_on(app, closed=closed)
        except OSError as error:
            _log.warning("rkt log of %s not passed on: %s", app, error)

    def _pass_on(self, app: str, *, closed: bool) -> None:
        if (self.folder / f"{app}{WHOLE}").exists():
            return
        copy = self._copies.get(app) or self._open(app)
        if copy is None:
            return
        copy.pass_on()
        if closed:
            self._copies.pop(app).close()
            (self.folder / f"{app}{WHOLE}").touch()

    def _open(self, app: str) -> _Copy | None:
        """None for a file that nobody asked for."""
        try:
            target = (self.folder / f"{app}{TARGET}").read_text()
        except FileNotFoundError:
            return None
        writer = LogWriter(Path(target))
        copy = _Copy((self.folder / f"{app}{RAW}").open("rb"), writer)
        self._copies[app] = copy
        return copy


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
