"""Lay a layer's entries out in a folder, in the form that overlayfs stacks.

Security: every name and link is hostile. Parents are reached by `beneath` alone; the last component
is only ever created (O_EXCL), linked, or removed without following it; what counts for overlayfs
(``trusted.overlay.*``) can't be set from a layer.

Source: OCI image-spec layer.md; kernel Documentation/filesystems/overlayfs.rst.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image import tree
from runtimes.oci.image.unpack import metadata
from runtimes.oci.image.unpack.beneath import Folders, components
from runtimes.oci.image.unpack.limits import BadLayer
from runtimes.oci.image.unpack.tar import Entry, Kind, TarReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_AUFS = ".wh..wh."
_BLOCK = 4096
_EXHAUSTED = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
_FORBIDDEN = {errno.EPERM, errno.EACCES, errno.EROFS}
_ABSURD = {
    errno.ENAMETOOLONG, errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP,
    errno.EINVAL, errno.EMLINK, errno.EILSEQ, errno.E2BIG, errno.ERANGE, errno.EFBIG, errno.EXDEV,
}  # fmt: skip
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class Unpacked:
    """What came out of a layer, and what only the layers below can complete.

    Attributes:
        used_bytes: disk space, about.
        inodes: files, folders and links made.
        implied: folders that no entry describes; "" is the root.
        borrowed: (link, target) pairs of hard links to files of lower layers, in order.
    """

    used_bytes: int = 0
    inodes: int = 0
    implied: set[str] = field(default_factory=set)
    borrowed: list[tuple[str, str]] = field(default_factory=list)


def extract(reader: TarReader, folder: Path, rights: metadata.Rights) -> Unpacked:
    """Lay all entries out in the empty `folder`, and read the stream to its end.

    Raises:
        BadLayer: the layer is malformed or hostile.
        ResourceExhausted: the disk is full.
        PermissionDenied: this user may not make what the layer holds.
    """
    root_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    name = "/"
    try:
        with Folders(root_fd) as folders:
            writer = _Writer(folders, rights)
            for entry in reader:
                name = entry.name
                writer.add(entry, reader.content())
            return writer.finish()
    except OSError as error:
        raise explained(error, name) from error
    finally:
        os.close(root_fd)


def explained(error: OSError, name: str) -> errors.Error:
    """Turn what the kernel said about an entry into an error of ours."""
    message = f"unpack '{name:.200}': {error.strerror}"
    if error.errno in _EXHAUSTED:
        return errors.ResourceExhausted(f"{message}; make room for the image and try again")
    if error.errno in _FORBIDDEN:
        return errors.PermissionDenied(f"{message}; images are unpacked by root")
    return BadLayer(message) if error.errno in _ABSURD else errors.Internal(message)


class _Writer:
    def __init__(self, folders: Folders, rights: metadata.Rights) -> None:
        self._folders = folders
        self._rights = rights
        self._described: dict[str, Entry] = {}
        self._whiteouts: set[str] = set()
        self._result = Unpacked(implied={""})

    def add(self, entry: Entry, content: Iterator[bytes]) -> None:
        parts = components(entry.name)
        if not parts:
            self._describe_root(entry)
            return
        if self._whiteouts:
            self._uncover(parts[:-1])
        if parts[-1].startswith(_WHITEOUT):
            self._add_whiteout(parts[:-1], parts[-1])
            return
        self._result.inodes += entry.kind is not Kind.HARD_LINK
        if entry.kind is Kind.FOLDER:
            self._add_folder(parts, entry)
        elif entry.kind is Kind.FILE:
            self._add_file(parts, entry, content)
        elif entry.kind is Kind.HARD_LINK:
            self._add_hard_link(parts, entry)
        else:
            self._add_special(parts, entry)

    def finish(self) -> Unpacked:
        """Give folders their metadata, now that nothing in them changes any more."""
        for path in sorted(self._described, reverse=True):
            try:
                fd = self._folders.find(path.split("/"))
            except (FileNotFoundError, NotADirectoryError):
                continue  # a later entry replaced it, by another name of the same place
            try:
                metadata.apply_to_folder(fd, self._described[path], self._rights)
            finally:
                os.close(fd)
        self._result.implied |= self._folders.implied
        self._result.implied -= self._described.keys()
        self._result.inodes += len(self._result.implied)
        self._result.used_bytes += _BLOCK * (len(self._described) + len(self._result.implied))
        return self._result

    def _describe_root(self, entry: Entry) -> None:
        if entry.kind is not Kind.FOLDER:
            raise BadLayer(f"'{entry.name}' stands for the root, but is a {entry.kind.value}")
        self._described[""] = entry

    def _add_folder(self, parts: list[str], entry: Entry) -> None:
        name, path = parts[-1], "/".join(parts)
        try:
            os.mkdir(name, 0o700, dir_fd=self._folders.get(parts[:-1]))
        except FileExistsError:
            if not _is_folder(name, self._folders.get(parts[:-1])):
                self._replace_by_folder(parts)
        self._described[path] = entry

    def _replace_by_folder(self, parts: list[str]) -> None:
        hid_lower_ones = "/".join(parts) in self._whiteouts
        self._make_way(parts)
        os.mkdir(parts[-1], 0o700, dir_fd=self._folders.get(parts[:-1]))
        if hid_lower_ones:
            self._make_opaque(parts)

    def _uncover(self, parts: list[str]) -> None:
        """Turn whiteouts among the parents of an entry into opaque folders."""
        for depth in range(1, len(parts) + 1):
            path = "/".join(parts[:depth])
            if path in self._whiteouts:
                self._replace_by_folder(parts[:depth])
                self._folders.implied.add(path)

    def _add_file(self, parts: list[str], entry: Entry, content: Iterator[bytes]) -> None:
        parent, name = self._folders.get(parts[:-1]), parts[-1]
        try:
            fd = os.open(name, _CREATE, 0o600, dir_fd=parent)
        except FileExistsError:
            self._make_way(parts)
            fd = os.open(name, _CREATE, 0o600, dir_fd=self._folders.get(parts[:-1]))
        try:
            stored = _write(fd, entry, content)
            metadata.apply_to_file(fd, entry, self._rights)
        finally:
            os.close(fd)
        self._result.used_bytes += stored + -stored % _BLOCK

    def _add_hard_link(self, parts: list[str], entry: Entry) -> None:
        target = components(entry.link)
        if not target:
            raise BadLayer(f"'{entry.name}' is a hard link to '{entry.link}'")
        if target == parts:
            return
        try:
            source = self._folders.find(target[:-1])
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR):
                raise
            self._borrow(parts, target)
            return
        try:
            self._link(source, target, parts)
        finally:
            os.close(source)

    def _link(self, source: int, target: list[str], parts: list[str]) -> None:
        try:
            status = os.stat(target[-1], dir_fd=source, follow_symlinks=False)
        except FileNotFoundError:
            self._borrow(parts, target)
            return
        if "/".join(target) in self._whiteouts:
            self._borrow(parts, target)
            return
        if stat.S_ISDIR(status.st_mode):
            raise BadLayer(f"'{'/'.join(parts)}' is a hard link to the folder '{'/'.join(target)}'")
        self._make_way(parts)
        with suppress(FileNotFoundError):
            os.link(
                target[-1], parts[-1], src_dir_fd=source,
                dst_dir_fd=self._folders.get(parts[:-1]), follow_symlinks=False,
            )  # fmt: skip
            return
        raise BadLayer(f"'{'/'.join(parts)}' is a hard link to what it replaces")

    def _borrow(self, parts: list[str], target: list[str]) -> None:
        self._make_way(parts)
        self._folders.get(parts[:-1])
        self._result.borrowed.append(("/".join(parts), "/".join(target)))

    def _add_special(self, parts: list[str], entry: Entry) -> None:
        self._make_way(parts)
        metadata.make_special(self._folders.get(parts[:-1]), parts[-1], entry, self._rights)

    def _make_way(self, parts: list[str]) -> None:
        """Remove what an earlier entry of the layer put at this path."""
        parent = self._folders.get(parts[:-1])
        if self._whiteouts:
            self._whiteouts.discard("/".join(parts))
        try:
            os.unlink(parts[-1], dir_fd=parent)
        except FileNotFoundError:
            return
        except IsADirectoryError:
            self._remove_folder(parts, parent)
        self._folders.forget()

    def _remove_folder(self, parts: list[str], parent: int) -> None:
        tree.remove_at(parent, parts[-1])
        whole = "/".join(parts)
        inside = f"{whole}/"
        for path in [p for p in self._described if p == whole or p.startswith(inside)]:
            del self._described[path]
        for paths in (self._folders.implied, self._whiteouts):
            paths -= {p for p in paths if p == whole or p.startswith(inside)}

    def _add_whiteout(self, parent_parts: list[str], name: str) -> None:
        if name == _OPAQUE:
            self._make_opaque(parent_parts)
            return
        if name.startswith(_AUFS):
            return
        hidden = name.removeprefix(_WHITEOUT)
        if hidden in ("", ".", ".."):
            raise BadLayer(f"'{name}' hides no name")
        parent = self._folders.get(parent_parts)
        parts = [*parent_parts, hidden]
        if _is_folder(hidden, parent):
            self._make_opaque(parts)
            return
        with suppress(FileExistsError):  # the layer's own file hides the lower one already
            os.mknod(hidden, stat.S_IFCHR, os.makedev(0, 0), dir_fd=parent)
            self._whiteouts.add("/".join(parts))
            self._result.inodes += 1

    def _make_opaque(self, parts: list[str]) -> None:
        os.setxattr(self._folders.get(parts), self._rights.opaque, b"y")


def _is_folder(name: str, parent: int) -> bool:
    try:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode)


def _write(fd: int, entry: Entry, content: Iterator[bytes]) -> int:
    """Write a file's content, leaving holes where it is sparse; return the bytes stored."""
    if entry.extents is None:
        stored = 0
        for piece in content:
            stored += len(piece)
            _write_all(fd, piece)
        return stored
    os.truncate(fd, entry.size)
    rest = b""
    for offset, length in entry.extents:
        os.lseek(fd, offset, os.SEEK_SET)
        left = length
        while left:
            rest = rest or next(content)
            _write_all(fd, rest[:left])
            left, rest = left - len(rest[:left]), rest[left:]
    return sum(length for _, length in entry.extents)


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])
