"""Find where the last lines of a log begin, without reading all of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.logs.line import Entry, Stream, decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

BLOCK = 64 * 1024
LOOK_BACK = 1024 * 1024
"""How far before the tail the beginning of a line is searched that the other stream interrupted."""


@dataclass(frozen=True, slots=True)
class Tail:
    """Where to read on.

    Attributes:
        offset: of the first physical line to read.
        before: entries before it that begin a logical line which ends after it, oldest first.
    """

    offset: int
    before: tuple[Entry, ...] = ()


def find_tail(file: BinaryIO, lines: int) -> Tail:
    """Find the last `lines` logical lines of `file`; an unfinished last one counts."""
    end = file.seek(0, os.SEEK_END)
    if lines <= 0:
        return Tail(end)
    counted = 0
    begun: set[Stream] = set()
    backwards = _backwards(file, end)
    for offset, entry in backwards:
        if not entry.partial or entry.stream not in begun:
            if counted == lines:
                others = begun - {entry.stream}
                return Tail(end, _interrupted(backwards, others, offset - LOOK_BACK))
            counted += 1
        begun.add(entry.stream)
        end = offset
    return Tail(0)


def _interrupted(
    backwards: Iterator[tuple[int, Entry]], streams: set[Stream], limit: int
) -> tuple[Entry, ...]:
    found: list[Entry] = []
    for offset, entry in backwards if streams else ():
        if entry.stream in streams:
            if not entry.partial:
                break
            found.append(entry)
        if offset < limit:
            break
    return tuple(reversed(found))


def _backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, Entry]]:
    """Yield (offset, entry) from the last complete line to the first; broken lines are left out."""
    for offset, line in _lines_backwards(file, end):
        try:
            yield offset, decode(line)
        except errors.DataLoss:
            continue


def _lines_backwards(file: BinaryIO, end: int) -> Iterator[tuple[int, bytes]]:
    position, rest = end, b""
    torn = True
    while position > 0:
        size = min(BLOCK, position)
        position -= size
        file.seek(position)
        first, *lines = (file.read(size) + rest).split(b"\n")
        offset = position + len(first) + 1 + sum(len(line) + 1 for line in lines)
        for line in reversed(lines):
            offset -= len(line) + 1
            if not torn:
                yield offset, line
            torn = False
        rest = first
    if rest and not torn:
        yield 0, rest
