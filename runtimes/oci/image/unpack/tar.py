"""Read a tar stream once, front to back: ustar, pax and GNU forms, nothing taken on trust.

Unlike the standard library's reader it bounds what headers may hold, hands file contents on without
copying them into a file object, and never looks at the host.

Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from runtimes.oci.image.unpack import pax, sparse
from runtimes.oci.image.unpack.fields import number, text
from runtimes.oci.image.unpack.limits import DEFAULT, BadLayer, Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK = 512
_MARGIN = 1 << 20
_ZERO = bytes(BLOCK)
_CHECKSUM = slice(148, 156)
_CHECKSUM_AS_SPACES = 8 * ord(" ")


class Kind(Enum):
    FILE = "file"
    HARD_LINK = "hard link"
    SYMLINK = "symbolic link"
    CHARACTER = "character device"
    BLOCK = "block device"
    FOLDER = "folder"
    FIFO = "fifo"


_KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"S": Kind.FILE,
    b"1": Kind.HARD_LINK,
    b"2": Kind.SYMLINK,
    b"3": Kind.CHARACTER,
    b"4": Kind.BLOCK,
    b"5": Kind.FOLDER,
    b"6": Kind.FIFO,
}
_LONG_NAME, _LONG_LINK, _PAX, _PAX_SOLARIS, _PAX_GLOBAL, _LABEL = b"L", b"K", b"x", b"X", b"g", b"V"
_EXTENSIONS = {_LONG_NAME, _LONG_LINK, _PAX, _PAX_SOLARIS, _PAX_GLOBAL, _LABEL}


@dataclass(slots=True)
class Entry:
    """One member; `name` and `link` are as written, so anything but NUL may stand in them.

    Attributes:
        size: bytes of content, holes included; 0 for all but files.
        mtime_ns: since the epoch.
        device: major and minor number.
        extents: (offset, size) of the stored pieces of a sparse file; None when not sparse.
    """

    name: str
    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime_ns: int
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: dict[str, bytes] = field(default_factory=dict)
    extents: list[tuple[int, int]] | None = None


@dataclass(slots=True)
class _Extensions:
    """What headers before an entry say about it; `spent` counts their bytes."""

    records: dict[str, bytes] = field(default_factory=dict)
    name: bytes | None = None
    link: bytes | None = None
    spent: int = 0


class TarReader:
    """Iterate over entries; read an entry's content by `content` before taking the next one.

    Iterating to the end also consumes what follows the archive, up to the end of the stream.
    """

    def __init__(self, chunks: Iterable[bytes], limits: Limits = DEFAULT) -> None:
        self._chunks = _bounded(chunks, 2 * limits.layer_bytes + _MARGIN)
        self._limits = limits
        self._chunk = b""
        self._at = 0
        self._before = 0  # bytes of the stream before the current chunk
        self._left = 0  # stored bytes of the current entry not yet read
        self._padding = 0
        self._unpacked = 0
        self._entries = 0

    def __iter__(self) -> Iterator[Entry]:
        while True:
            self._skip(self._left + self._padding)
            self._left = self._padding = 0
            entry = self._next()
            if entry is None:
                break
            self._count(entry)
            yield entry
        for _ in self._chunks:
            pass

    @property
    def position(self) -> int:
        """Offset in the stream; right after an entry was yielded, where its content begins."""
        return self._before + self._at

    def content(self) -> Iterator[bytes]:
        """Yield the stored bytes of the current entry in pieces of any size."""
        while self._left:
            piece = self._take(self._left)
            self._left -= len(piece)
            yield piece

    def _count(self, entry: Entry) -> None:
        self._entries += 1
        self._unpacked += entry.size
        if self._entries > self._limits.entries:
            raise BadLayer(f"the layer has more than {self._limits.entries} entries")
        if self._unpacked > self._limits.layer_bytes:
            raise BadLayer(f"the layer unpacks to more than {self._limits.layer_bytes} bytes")

    def _next(self) -> Entry | None:
        before = _Extensions()
        while (header := self._header()) is not None:
            flag = header[156:157]
            if flag not in _EXTENSIONS:
                entry = _entry(header, before)
                if entry.kind is Kind.FILE:
                    self._begin_content(entry, header, before.records)
                return entry
            self._extend(before, flag, number(header[124:136]))
        return None

    def _extend(self, before: _Extensions, flag: bytes, size: int) -> None:
        before.spent += BLOCK + size
        if before.spent > self._limits.extension_bytes:
            raise BadLayer(f"the extended headers of one entry have {before.spent} bytes and more")
        data = self._exactly(_padded(size))[:size]
        if flag == _LONG_NAME:
            before.name = data
        elif flag == _LONG_LINK:
            before.link = data
        elif flag in (_PAX, _PAX_SOLARIS):
            before.records.update(pax.parse(data))

    def _begin_content(self, entry: Entry, header: bytes, records: dict[str, bytes]) -> None:
        stored = pax.size(records, number(header[124:136]))
        self._left, self._padding = stored, -stored % BLOCK
        entry.size = stored
        if header[156:157] == b"S":
            entry.size, entry.extents = sparse.old_gnu(header, self._exactly)
        elif pax.is_sparse(records):
            entry.size, entry.extents = sparse.by_pax(records, self._sparse_line)
        if entry.extents is not None:
            sparse.check(entry.extents, stored=self._left, size=entry.size)

    def _sparse_line(self) -> bytes:
        """Read a block of the map that precedes a sparse file's content."""
        if self._left < BLOCK:
            raise BadLayer("the map of a sparse file is cut off")
        self._left -= BLOCK
        return self._exactly(BLOCK)

    def _header(self) -> bytes | None:
        header = self._exactly(BLOCK, at_end=True)
        if not header or header == _ZERO:
            return None
        wanted = number(header[_CHECKSUM])
        found = sum(header) - sum(header[_CHECKSUM]) + _CHECKSUM_AS_SPACES
        if found != wanted and _signed_sum(header) != wanted:
            raise BadLayer("a header of the tar archive has a wrong checksum")
        return header

    def _exactly(self, size: int, *, at_end: bool = False) -> bytes:
        if len(self._chunk) - self._at >= size:
            data = self._chunk[self._at : self._at + size]
            self._at += size
            return data
        pieces = []
        missing = size
        while missing and (piece := self._take(missing, at_end=at_end and missing == size)):
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def _take(self, most: int, *, at_end: bool = False) -> bytes:
        """Return what is at hand, `most` bytes of it; empty only at an expected end."""
        while self._at >= len(self._chunk):
            chunk = next(self._chunks, None)
            if chunk is None:
                if at_end:
                    return b""
                raise BadLayer("the tar archive is cut off")
            self._before += len(self._chunk)
            self._chunk, self._at = chunk, 0
        piece = self._chunk[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def _skip(self, size: int) -> None:
        while size:
            size -= len(self._take(size))


def _mtime_ns(raw: bytes) -> int:
    """Read a time; one before the epoch or out of range counts as the epoch."""
    seconds = 0 if raw[0] == 0xFF else number(raw)
    return seconds * 1_000_000_000 if seconds < 1 << 40 else 0


def _padded(size: int) -> int:
    return size + -size % BLOCK


def _signed_sum(header: bytes) -> int:
    signed = memoryview(header).cast("b")
    return sum(signed) - sum(signed[_CHECKSUM]) + _CHECKSUM_AS_SPACES


def _entry(header: bytes, before: _Extensions) -> Entry:
    kind = _KINDS.get(header[156:157])
    name = text(before.name) if before.name is not None else _ustar_name(header)
    if kind is None:
        raise BadLayer(f"'{name}' is of the unknown type {header[156:157]!r}")
    if header[156:157] == b"\0" and name.endswith("/"):
        kind = Kind.FOLDER
    entry = Entry(
        name=name,
        kind=kind,
        mode=number(header[100:108]) & 0o7777,
        uid=number(header[108:116]),
        gid=number(header[116:124]),
        size=0,
        mtime_ns=_mtime_ns(header[136:148]),
        link=text(before.link if before.link is not None else header[157:257]),
    )
    if kind in (Kind.CHARACTER, Kind.BLOCK):
        entry.device = (number(header[329:337]), number(header[337:345]))
    if before.records:
        pax.apply(entry, before.records)
    return entry


def _bounded(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > most:
            raise BadLayer(f"the layer's tar stream has more than {most} bytes")
        yield chunk


def _ustar_name(header: bytes) -> str:
    name = text(header[0:100])
    if header[257:263] != b"ustar\0" or not header[345]:
        return name
    return f"{text(header[345:500])}/{name}"
