"""Unmount, and tell whether something is mounted."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from runtimes.oci.host.syscalls import DETACH, umount

if TYPE_CHECKING:
    from pathlib import Path

_NOFOLLOW = 8
_GONE = (errno.EINVAL, errno.ENOENT)


def is_mounted(path: Path) -> bool:
    """Tell whether `path` is a mount point of another file system than its parent's."""
    try:
        return path.stat().st_dev != path.parent.stat().st_dev
    except FileNotFoundError:
        return False


def unmount(path: Path) -> None:
    """Unmount `path` as often as it is mounted; lazily while it is busy. Absent is fine.

    Raises:
        OSError: the kernel refused, e.g. EPERM.
    """
    while True:
        try:
            umount(path, _NOFOLLOW)
        except OSError as error:
            if error.errno in _GONE:
                return
            if error.errno != errno.EBUSY:
                raise
            umount(path, _NOFOLLOW | DETACH)
