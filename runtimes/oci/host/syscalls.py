"""Linux calls that Python 3.11 doesn't offer, through libc. Each one acts on the calling *thread*.

Source: mount(2), umount2(2), unshare(2), setns(2).
"""

from __future__ import annotations

import os
from enum import IntFlag
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import CDLL
    from pathlib import Path


class MountFlag(IntFlag):
    RDONLY = 1
    NOSUID = 2
    NODEV = 4
    NOEXEC = 8
    REMOUNT = 32
    BIND = 4096
    REC = 16384
    UNBINDABLE = 1 << 17
    PRIVATE = 1 << 18
    SLAVE = 1 << 19
    SHARED = 1 << 20


class Clone(IntFlag):
    NEWNS = 0x00020000
    NEWCGROUP = 0x02000000
    NEWUTS = 0x04000000
    NEWIPC = 0x08000000
    NEWUSER = 0x10000000
    NEWPID = 0x20000000
    NEWNET = 0x40000000


DETACH = 2
"""umount2's MNT_DETACH."""


@cache
def _libc() -> CDLL:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, path: object = None) -> None:
    if result == 0:
        return
    import ctypes

    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), None if path is None else str(path))


def _text(value: str | Path | None) -> bytes | None:
    return None if value is None else os.fsencode(value)


def mount(
    source: str | Path | None,
    target: Path,
    kind: str | None = None,
    *,
    flags: MountFlag | None = None,
    data: str | None = None,
) -> None:
    """Mount `source` on `target`, or change the mount there, as `flags` say.

    Raises:
        OSError: the kernel refused; its errno.
    """
    _check(
        _libc().mount(_text(source), _text(target), _text(kind), int(flags or 0), _text(data)),
        target,
    )


def umount(target: Path, flags: int = 0) -> None:
    _check(_libc().umount2(_text(target), flags), target)


def unshare(kinds: Clone) -> None:
    """Give the calling thread namespaces of its own; the process's other threads keep theirs."""
    _check(_libc().unshare(int(kinds)))


def setns(descriptor: int, kinds: Clone) -> None:
    """Move the calling thread into the namespace that `descriptor` refers to."""
    _check(_libc().setns(descriptor, int(kinds)))
