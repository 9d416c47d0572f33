"""Copy files with all that belongs to them, inside the kernel where it can."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_COPIED = ("security.capability", "user.", "system.posix_acl_")
_OVERLAY = "user.overlay."
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_PIECE = 1 << 30
_SMALL_PIECE = 1 << 20
_UNFIT = (errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM)


def clone_file(source: str, source_folder: int, name: str, folder: int) -> None:
    """Copy a regular file to a new name, each in an open folder."""
    old = os.open(source, _READ, dir_fd=source_folder)
    try:
        new = os.open(name, _CREATE, 0o600, dir_fd=folder)
        try:
            _copy_content(old, new)
            clone_attributes(old, new)
        finally:
            os.close(new)
    finally:
        os.close(old)


def clone_attributes(old: int, new: int) -> None:
    """Copy owner, mode, extended attributes and times between open files or folders.

    What isn't root keeps its own user as the owner.
    """
    status = os.fstat(old)
    if os.geteuid() == 0:
        os.chown(new, status.st_uid, status.st_gid)
    os.fchmod(new, stat.S_IMODE(status.st_mode))
    for name in os.listxattr(old):
        if name.startswith(_COPIED) and not name.startswith(_OVERLAY):
            with suppress(OSError):
                os.setxattr(new, name, os.getxattr(old, name))
    os.utime(new, ns=(status.st_atime_ns, status.st_mtime_ns))


def clone_folder_attributes(source: Path, target: Path) -> None:
    """Do the same between two folders."""
    old = os.open(source, _FOLDER)
    try:
        new = os.open(target, _FOLDER)
        try:
            clone_attributes(old, new)
        finally:
            os.close(new)
    finally:
        os.close(old)


def _copy_content(old: int, new: int) -> None:
    size = os.fstat(old).st_size
    os.truncate(new, size)
    at = 0
    while at < size:
        try:
            start = os.lseek(old, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # nothing but a hole to the end
            raise
        at = os.lseek(old, start, os.SEEK_HOLE)
        _copy_range(old, new, start, at)


def _copy_range(old: int, new: int, start: int, end: int) -> None:
    while start < end:
        try:
            copied = os.copy_file_range(old, new, min(end - start, _PIECE), start, start)
        except OSError as error:
            if error.errno not in _UNFIT:
                raise
            copied = os.pwrite(new, os.pread(old, min(end - start, _SMALL_PIECE), start), start)
        if not copied:
            return
        start += copied
