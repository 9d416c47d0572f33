r"""The Engine's own copy of a log: one JSON object a line, rotated by size.

    {"log":"text\n","stream":"stdout","time":"2026-01-02T03:04:05.123456789Z"}

``NAME`` is the newest, ``NAME.1`` the one before. A text without a newline at its end goes on in
the next line of its stream. What becomes of a line depends on nothing but the line.

Source: moby daemon/logger/jsonfilelog, daemon/logger/loggerutils/logfile.go.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.logs.line import Entry, encode, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

CHUNK = 1 << 20
_ROTATED = 9
_BEGIN = b'{"log":'


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of one file, and where they end."""

    data: bytes
    inode: int
    offset: int


def read(path: Path, inode: int, offset: int) -> Iterator[Piece]:
    """Yield what comes after a position, across rotations; nothing that isn't a whole line yet.

    When the file of the position is gone, it begins with the oldest that is left.
    """
    with ExitStack() as closing:
        files = _open_all(path, closing)
        if inode and files and inode not in files:
            log.warning("log=%s was rotated away before it was copied: lines are lost", path)
        start = list(files).index(inode) if inode in files else 0
        for number in list(files)[start:]:
            yield from _rest(files[number], number, offset if number == inode else 0)


def _open_all(path: Path, closing: ExitStack) -> dict[int, int]:
    """Inode -> descriptor, oldest first. Newest are opened first: a rotation hides none."""
    found: dict[int, int] = {}
    for number in range(_ROTATED + 1):
        name = path.with_name(f"{path.name}.{number}") if number else path
        try:
            descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            if number:
                break
            continue
        closing.callback(os.close, descriptor)
        found.setdefault(os.fstat(descriptor).st_ino, descriptor)
    return dict(reversed(found.items()))


def _rest(descriptor: int, inode: int, offset: int) -> Iterator[Piece]:
    while data := os.pread(descriptor, CHUNK, offset):
        whole = data[: data.rfind(b"\n") + 1]
        if not whole:
            return
        offset += len(whole)
        yield Piece(whole, inode, offset)


def convert(data: bytes) -> bytes:
    """Turn whole lines into those of a CRI log; what isn't JSON, after a crash, is left out."""
    return b"".join(_line(line) for line in data.splitlines() if line)


def _line(line: bytes) -> bytes:
    try:
        found = json.loads(line)
        text = found["log"].encode(errors="replace")
        return encode(Entry(parse_time(found["time"].encode()), found["stream"], text))
    except (ValueError, KeyError, TypeError, AttributeError, errors.Error):
        return _behind_a_torn_one(line)


def _behind_a_torn_one(line: bytes) -> bytes:
    """An Engine that was killed within a line goes on in the same one."""
    begin = line.rfind(_BEGIN)
    if begin <= 0:
        log.warning("a line of the Engine's log can't be read: %r", line[:120])
        return b""
    return _line(line[begin:])
