"""Write members of an archive that a stranger made, without ever leaving the target.

Every folder on the way to a member is opened relative to the one above it and never through a
symbolic link, so neither names nor links planted earlier lead out. Owners and set-uid bits are not
taken over. What a member says of its size, holes included, must fit on the disk before it is begun.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    import tarfile
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_PERMISSIONS = 0o777
_MINE = 0o700
_KEPT_FREE = 64 * 1024 * 1024
"""Bytes of the disk that a copy leaves to others."""


class Unpacker:
    """Places members below `target`, which stands for the archive's `root`.

    Attributes:
        left_out: names of members that are neither files, folders nor links inside the copy.
    """

    def __init__(self, target: Path, root: str) -> None:
        self._parent = target.resolve().parent if target.name in {"", ".."} else target.parent
        self._name = target.name if target.name not in {"", ".."} else target.resolve().name
        self._root = [part for part in root.split("/") if part not in {"", "."}]
        self._folders: list[tuple[list[str], int]] = []
        self.left_out: list[str] = []

    def place(self, member: tarfile.TarInfo, archive: tarfile.TarFile) -> None:
        """Write one member.

        Raises:
            PermissionDenied: its name, or a link on its way, leads out of the target.
            ResourceExhausted: the disk has no room for it.
        """
        parts = self._parts(member.name)
        if member.isdir():
            os.close(self._open_folder(parts, member.name))
            self._folders.append((parts, member.mode))
        elif member.isreg():
            self._write(member, parts, archive)
        elif member.islnk():
            self._link(member, parts)
        elif member.issym() and self._stays(member):
            self._symlink(member, parts)
        else:
            self.left_out.append(member.name)

    def finish(self) -> None:
        """Give folders their modes, the innermost first."""
        for parts, mode in reversed(self._folders):
            folder = self._open_folder(parts, "/".join(parts))
            try:
                os.fchmod(folder, mode & _PERMISSIONS)
            finally:
                os.close(folder)
        self._folders.clear()

    def _parts(self, name: str) -> list[str]:
        """Translate a member's name to one below the target's parent."""
        parts = [part for part in name.split("/") if part not in {"", "."}]
        below = parts[len(self._root) :]
        if name.startswith("/") or ".." in parts or parts[: len(self._root)] != self._root:
            raise _refusal(name)
        return [self._name, *below]

    def _stays(self, member: tarfile.TarInfo) -> bool:
        """Whether a link points into the copy.

        Steps up count at its beginning alone: after a name that is a link itself, they would go up
        from wherever that one leads.
        """
        words = [part for part in member.linkname.split("/") if part not in {"", "."}]
        upward = next((at for at, part in enumerate(words) if part != ".."), len(words))
        to = posixpath.normpath(posixpath.join(posixpath.dirname(member.name), member.linkname))
        parts = [part for part in to.split("/") if part != "."]
        return (
            not member.linkname.startswith("/")
            and ".." not in words[upward:]
            and ".." not in parts
            and parts[: len(self._root)] == self._root
        )

    def _write(self, member: tarfile.TarInfo, parts: list[str], archive: tarfile.TarFile) -> None:
        content = archive.extractfile(member)
        folder = self._open_folder(parts[:-1], member.name)
        try:
            _check_disk(folder, member)
            _make_room(folder, parts[-1])
            with os.fdopen(os.open(parts[-1], _FILE, 0o600, dir_fd=folder), "wb") as file:
                if content is not None:
                    shutil.copyfileobj(content, file)
                os.fchmod(file.fileno(), member.mode & _PERMISSIONS)
        finally:
            os.close(folder)

    def _link(self, member: tarfile.TarInfo, parts: list[str]) -> None:
        original = self._parts(member.linkname)
        folder = self._open_folder(parts[:-1], member.name)
        try:
            source = self._open_folder(original[:-1], member.linkname)
            try:
                if _is_link(source, original[-1]):  # it would lead elsewhere from here
                    self.left_out.append(member.name)
                    return
                _make_room(folder, parts[-1])
                os.link(
                    original[-1],
                    parts[-1],
                    src_dir_fd=source,
                    dst_dir_fd=folder,
                    follow_symlinks=False,
                )
            finally:
                os.close(source)
        finally:
            os.close(folder)

    def _symlink(self, member: tarfile.TarInfo, parts: list[str]) -> None:
        folder = self._open_folder(parts[:-1], member.name)
        try:
            _make_room(folder, parts[-1])
            os.symlink(member.linkname, parts[-1], dir_fd=folder)
        finally:
            os.close(folder)

    def _open_folder(self, parts: list[str], name: str) -> int:
        """Open a folder below the target's parent, made where it is missing."""
        current = os.open(self._parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        for part in parts:
            above = current
            try:
                with suppress(FileExistsError):
                    os.mkdir(part, _MINE if parts[-1:] == [part] else 0o755, dir_fd=above)
                current = os.open(part, _FOLDER, dir_fd=above)
            except OSError as error:
                if isinstance(error, NotADirectoryError):
                    raise _refusal(name) from error
                raise
            finally:
                os.close(above)
        return current


def _is_link(folder: int, name: str) -> bool:
    return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _check_disk(folder: int, member: tarfile.TarInfo) -> None:
    disk = os.fstatvfs(folder)
    free = disk.f_bavail * disk.f_frsize - _KEPT_FREE
    if member.size > max(free, 0):
        raise errors.ResourceExhausted(
            f"'{member.name}' has {member.size} bytes, and the disk here has room for "
            f"{max(free, 0)}; what came before it stays"
        )


def _make_room(folder: int, name: str) -> None:
    """Remove an older file or link of that name; a folder stays, and makes the writing fail."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _refusal(name: str) -> errors.PermissionDenied:
    return errors.PermissionDenied(
        f"unpack '{name}': it leads out of the copy; the container isn't to be trusted"
    )
