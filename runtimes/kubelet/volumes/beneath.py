"""Open a path inside a folder that strangers write to, without ever leaving the folder.

A container may swap parts of a path for symbolic links at any time. openat2(RESOLVE_BENEATH)
follows links only while they stay inside; where the kernel lacks it (before 5.6), links are
refused altogether.

Source: openat2(2); kubelet pkg/volume/util/subpath (the attack is CVE-2017-1002101).
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import ExitStack
from pathlib import Path

from runtimes.core import errors

_OPENAT2 = 437
_RESOLVE_BENEATH = 0x08
_RESOLVE_NO_MAGICLINKS = 0x02
_FLAGS = os.O_PATH | os.O_CLOEXEC


def check_relative(path: str, what: str) -> None:
    """Refuse a path that names its way out.

    Raises:
        InvalidArgument: it is absolute, or has a ``..`` in it.
    """
    if path.startswith("/"):
        raise errors.InvalidArgument(f"{what} {path!r} must not be an absolute path")
    if ".." in path.split("/"):
        raise errors.InvalidArgument(f"{what} {path!r} must not contain '..'")


def open_beneath(folder: Path, path: str) -> int:
    """Open `path` inside `folder` and return the descriptor (O_PATH), to be closed by the caller.

    Missing folders are created with `folder`'s mode.

    Raises:
        InvalidArgument: the path leads out of the folder.
    """
    check_relative(path, "subPath")
    parts = [part for part in path.split("/") if part not in {"", "."}]
    with ExitStack() as undo:
        root = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        undo.callback(os.close, root)
        mode = stat.S_IMODE(os.fstat(root).st_mode)
        current = os.dup(root)
        for end in range(1, len(parts) + 1):
            parent = current
            try:
                current = _open_or_create(root, parent, parts[:end], mode)
            finally:
                os.close(parent)
        return current


def _open_or_create(root: int, parent: int, parts: list[str], mode: int) -> int:
    try:
        return _open(root, parent, parts)
    except FileNotFoundError:
        os.mkdir(parts[-1], dir_fd=parent)
    created = _open(root, parent, parts)
    Path(f"/proc/self/fd/{created}").chmod(mode)
    return created


def _open(root: int, parent: int, parts: list[str]) -> int:
    path = "/".join(parts)
    try:
        return _openat2(root, path)
    except OSError as error:
        if error.errno == errno.ENOSYS:
            return _open_without_links(parent, parts[-1])
        if error.errno in {errno.EXDEV, errno.ELOOP}:
            raise errors.InvalidArgument(
                f"open subPath {path!r}: it leads out of its volume by a symbolic link"
            ) from error
        raise


def _open_without_links(parent: int, name: str) -> int:
    descriptor = os.open(name, _FLAGS | os.O_NOFOLLOW, dir_fd=parent)
    if stat.S_ISLNK(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise errors.InvalidArgument(
            f"open subPath component {name!r}: it is a symbolic link, which this kernel can't"
            " follow safely"
        )
    return descriptor


def _openat2(root: int, path: str) -> int:
    import ctypes

    how = (ctypes.c_uint64 * 3)(_FLAGS, 0, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(
        ctypes.c_long(_OPENAT2),
        ctypes.c_int(root),
        os.fsencode(path),
        ctypes.byref(how),
        ctypes.c_size_t(ctypes.sizeof(how)),
    )
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)
    return int(descriptor)
