"""Named files in a folder or in a tar archive, read in any order.

Security: names come from manifests, so ``..`` is refused and links in a tar archive are followed
inside it only. A folder's links are its owner's: what they lead to must have the right digest.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors
from runtimes.oci.image.unpack.limits import BadLayer
from runtimes.oci.image.unpack.tar import Kind, TarReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE = 1 << 20
_MOST_LINKS = 10
LARGEST_JSON = 16 << 20


class Content(Protocol):
    """Files by name; a name that isn't there raises `InvalidArgument`."""

    def has(self, name: str) -> bool: ...

    def size(self, name: str) -> int: ...

    def open(self, name: str) -> Iterator[bytes]: ...


def read(content: Content, name: str) -> bytes:
    """Read a small file whole.

    Raises:
        InvalidArgument: it isn't there, or isn't small.
    """
    if content.size(name) > LARGEST_JSON:
        raise errors.InvalidArgument(f"'{name}' has more than {LARGEST_JSON} bytes")
    return b"".join(content.open(name))


class FolderContent:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        return self._path(name).is_file()

    def size(self, name: str) -> int:
        try:
            return self._path(name).stat().st_size
        except OSError as error:
            raise _missing(name) from error

    def open(self, name: str) -> Iterator[bytes]:
        try:
            with self._path(name).open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
        except OSError as error:
            raise _missing(name) from error

    def _path(self, name: str) -> Path:
        return self._folder.joinpath(*_parts(name))


class TarContent:
    """The members of an uncompressed tar archive in an open file."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._files: dict[str, tuple[int, int]] = {}
        self._links: dict[str, str] = {}
        reader = TarReader(_pieces(fd, 0, None))
        for entry in reader:
            name = "/".join(_parts(entry.name))
            if entry.kind is Kind.FILE and entry.extents is None:
                self._files[name] = (reader.position, entry.size)
            elif entry.kind is Kind.HARD_LINK:
                self._links[name] = "/".join(_parts(entry.link))
            elif entry.kind is Kind.SYMLINK:
                self._links[name] = _target(name, entry.link)

    def has(self, name: str) -> bool:
        return self._find(name) is not None

    def size(self, name: str) -> int:
        return self._need(name)[1]

    def open(self, name: str) -> Iterator[bytes]:
        return _pieces(self._fd, *self._need(name))

    def _need(self, name: str) -> tuple[int, int]:
        found = self._find(name)
        if found is None:
            raise _missing(name)
        return found

    def _find(self, name: str) -> tuple[int, int] | None:
        path = "/".join(_parts(name))
        for _ in range(_MOST_LINKS):
            if path in self._files:
                return self._files[path]
            path = self._links.get(path, "")
        return None


def _pieces(fd: int, offset: int, size: int | None) -> Iterator[bytes]:
    left = size
    while left is None or left > 0:
        piece = os.pread(fd, _PIECE if left is None else min(left, _PIECE), offset)
        if not piece:
            if left:
                raise BadLayer("the archive is cut off")
            return
        offset += len(piece)
        left = None if left is None else left - len(piece)
        yield piece


def _parts(name: str) -> list[str]:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise errors.InvalidArgument(f"'{name:.200}' leads out of the archive")
    return parts


def _target(name: str, link: str) -> str:
    whole = [] if link.startswith("/") else name.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            whole = whole[:-1]
        elif part not in ("", "."):
            whole = [*whole, part]
    return "/".join(whole)


def _missing(name: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(f"'{name:.200}' isn't in the archive")
