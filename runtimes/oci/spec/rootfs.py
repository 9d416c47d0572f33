"""Read a few small files of a container's root file system, whose maker may be hostile.

Links resolve inside the root, wherever they point; devices, pipes and files of absurd size are not
read. Security edge: nothing here may open a file of the host.

Source: openat2(2), RESOLVE_IN_ROOT.
"""

from __future__ import annotations

import errno
import os
import stat
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes
    from pathlib import Path

    from runtimes.oci.spec.request import RootfsReader

OPENAT2 = 437
NO_MAGICLINKS, IN_ROOT = 0x02, 0x10
FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
LARGEST = 16 << 20
TRIES = 32
"""openat2 gives up with EAGAIN when a rename anywhere got in its way."""


def reader(rootfs: Path) -> RootfsReader:
    """A reader of the root file system mounted at `rootfs`."""

    def read(path: str) -> str | None:
        try:
            root = os.open(rootfs, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            return _read(root, path)
        finally:
            os.close(root)

    return read


def _read(root: int, path: str) -> str | None:
    try:
        descriptor = open_in_root(root, path)
    except OSError:
        return None
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST:
            return None
        return os.read(descriptor, LARGEST).decode(errors="replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)


def open_in_root(root: int, path: str) -> int:
    """Open `path` as if the directory `root` were /; the caller closes.

    Raises:
        OSError: not there, not allowed, or an escape.
    """
    for _ in range(TRIES):
        try:
            return _openat2(root, path)
        except (BlockingIOError, InterruptedError):
            continue
        except OSError as error:
            if error.errno != errno.ENOSYS:
                raise
            break
    return _open_without_links(root, path)


@cache
def _open_how() -> type[ctypes.Array[ctypes.c_uint64]]:
    """``struct open_how``: flags, mode, resolve."""
    import ctypes

    return ctypes.c_uint64 * 3


def _openat2(root: int, path: str) -> int:
    import ctypes

    how = _open_how()(FLAGS, 0, IN_ROOT | NO_MAGICLINKS)
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(
        ctypes.c_long(OPENAT2),
        ctypes.c_int(root),
        ctypes.c_char_p(os.fsencode(path)),
        ctypes.byref(how),
        ctypes.c_size_t(ctypes.sizeof(how)),
    )
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return int(result)


def _open_without_links(root: int, path: str) -> int:
    """For kernels before 5.6: follow no link at all, and take no ``..``."""
    names = [name for name in path.split("/") if name]
    if ".." in names:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
    here = os.dup(root)
    try:
        for name in names[:-1]:
            below = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            os.close(here)
            here = below
        return os.open(names[-1], FLAGS | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)
