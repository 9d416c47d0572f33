"""mount(2), umount2(2) and what is mounted below a folder."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    import ctypes

MS_BIND = 4096
MS_REMOUNT = 32
MNT_DETACH = 2
_ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


@cache
def _libc() -> ctypes.CDLL:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def mount(source: str, target: Path, *, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or a path a second time.

    Raises:
        PermissionDenied: this process may not mount.
        Internal: the kernel refuses otherwise.
    """
    answer = _libc().mount(
        os.fsencode(source), os.fsencode(target), kind.encode(), flags, data.encode()
    )
    if answer != 0:
        raise _error(f"mount {kind or source} on {target}")


def unmount(target: Path) -> None:
    """Take the topmost mount off `target`, at once for names and lazily for open files.

    Raises:
        PermissionDenied: this process may not.
        Internal: the kernel refuses otherwise.
    """
    if _libc().umount2(os.fsencode(target), MNT_DETACH) != 0:
        raise _error(f"unmount {target}")


def _error(what: str) -> errors.Error:
    import ctypes
    import errno

    number = ctypes.get_errno()
    if number in {errno.EPERM, errno.EACCES}:
        return errors.PermissionDenied(f"{what}: not permitted; this needs root (CAP_SYS_ADMIN)")
    return errors.Internal(f"{what}: {os.strerror(number)}")


def mounts_below(folder: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> list[Path]:
    """List mount points at or below `folder`, the deepest and newest first."""
    prefix = f"{folder}/"
    points = [_unescaped(line.split(" ")[4]) for line in mountinfo.read_text().splitlines()]
    below = [Path(point) for point in points if f"{point}/".startswith(prefix)]
    return list(reversed(below))


def _unescaped(text: str) -> str:
    if "\\" in text:
        for code, char in _ESCAPES.items():
            text = text.replace(code, char)
    return text


def is_mount_point(path: Path) -> bool:
    """Tell whether something of another file system is mounted on `path`."""
    try:
        return path.stat().st_dev != path.parent.stat().st_dev
    except FileNotFoundError:
        return False
