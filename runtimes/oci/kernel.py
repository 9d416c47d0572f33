"""The few Linux calls that Python 3.11 lacks: mount, umount, unshare, setns, prctl.

Namespaces belong to threads: `unshare` and `setns` change the calling thread alone.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_MOVE, MS_REC = 4096, 8192, 16384
MS_PRIVATE, MS_SLAVE, MS_SHARED = 1 << 18, 1 << 19, 1 << 20
MNT_DETACH, UMOUNT_NOFOLLOW = 2, 8

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x0002_0000, 0x0200_0000, 0x0400_0000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x0800_0000, 0x1000_0000, 0x2000_0000
CLONE_NEWNET = 0x4000_0000

PR_SET_CHILD_SUBREAPER = 36


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, call: str, subject: str = "") -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}", subject or None)
    return result


def mount(source: str, target: str, fstype: str = "", flags: int = 0, data: str = "") -> None:
    """Call mount(2); an empty source, type or data is passed as NULL.

    Raises:
        OSError: with `target` as its filename.
    """
    result = _libc().mount(
        os.fsencode(source) if source else None,
        os.fsencode(target),
        fstype.encode() if fstype else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )
    _check(result, "mount", target)


def umount(target: str, flags: int = 0) -> None:
    """Call umount2(2).

    Raises:
        OSError: EINVAL when nothing is mounted there, EBUSY when it is in use.
    """
    _check(_libc().umount2(os.fsencode(target), flags), "umount", target)


def unshare(flags: int) -> None:
    """Give the calling thread new namespaces; with CLONE_NEWNS also its own root and cwd.

    Raises:
        OSError: the kernel refused.
    """
    _check(_libc().unshare(flags), "unshare")


def setns(fd: int, kind: int = 0) -> None:
    """Move the calling thread into the namespace behind `fd`.

    Raises:
        OSError: the kernel refused.
    """
    _check(_libc().setns(fd, kind), "setns")


def prctl(option: int, value: int) -> None:
    """Call prctl(2) with one argument.

    Raises:
        OSError: the kernel refused.
    """
    _check(_libc().prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl")
