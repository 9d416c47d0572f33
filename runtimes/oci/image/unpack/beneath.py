"""Reach folders beneath a root without ever leaving it, whatever symbolic links say.

openat2(2) resolves as if the root were ``/``: absolute links and ``..`` end inside, links of /proc
and other mounts are refused. Where the kernel or a sandbox lacks it, the same is done step by step,
each folder opened from the one before, so that nothing can be swapped in between.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections import OrderedDict
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING

from runtimes.oci.image.unpack.limits import BadLayer

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

_OPENAT2 = 437  # the same on every architecture
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _IN_ROOT = 0x01, 0x02, 0x04, 0x10
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MOST_LINKS = 40
_MOST_OPEN = 48
_MOST_TRIES = 32
_MOST_STEPS = (
    256  # folders made and links followed for one path: far below Python's recursion limit
)


class _How(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


def components(name: str) -> list[str]:
    """Split a name from an archive; a leading ``/`` and ``.`` mean nothing.

    Raises:
        BadLayer: it has ``..``, or is too long for the kernel.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadLayer(f"'{name}' has '..' in it")
    if len(name) > 4000 and len(os.fsencode(name)) > 4095:
        raise BadLayer(f"'{name[:60]}...' is longer than any path can be")
    return parts


def open_folder(root_fd: int, path: str, *, follow: bool = True) -> int:
    """Open the folder at `path` beneath `root_fd`; `follow` symbolic links inside, or refuse them.

    Raises:
        OSError: as open(2) does; ELOOP where a refused link is in the way.
    """
    if not path:
        return os.open(".", _FOLDER, dir_fd=root_fd)
    fd = _openat2(root_fd, path, follow=follow) if _has_openat2() else None
    return _walk(root_fd, path, follow=follow) if fd is None else fd


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


@cache
def _has_openat2() -> bool:
    fd = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        found = _openat2(fd, ".", follow=True)
    except OSError:
        return False
    finally:
        os.close(fd)
    if found is not None:
        os.close(found)
    return found is not None


def _openat2(root_fd: int, path: str, *, follow: bool) -> int | None:
    resolve = _IN_ROOT | _NO_MAGICLINKS | _NO_XDEV | (0 if follow else _NO_SYMLINKS)
    how = _How(_FOLDER, 0, resolve)
    raw = os.fsencode(path)
    for _ in range(_MOST_TRIES):
        fd: int = _libc().syscall(_OPENAT2, root_fd, raw, ctypes.byref(how), ctypes.sizeof(how))
        if fd >= 0:
            return fd
        code = ctypes.get_errno()
        if code not in (errno.EAGAIN, errno.EINTR):  # EAGAIN: a rename anywhere got in the way
            raise OSError(code, os.strerror(code), path)
    return None


def _walk(root_fd: int, path: str, *, follow: bool) -> int:
    """Do the same by opening one component after the other, keeping the way back open."""
    device = os.fstat(root_fd).st_dev
    todo = path.split("/")[::-1]
    links = 0
    with ExitStack() as trail:
        way = [root_fd]
        while todo:
            part = todo.pop()
            target = None if part in ("", ".", "..") else _link_target(way[-1], part)
            if target is not None:
                links += 1
                if not follow or links > _MOST_LINKS:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                way = way[:1] if target.startswith("/") else way
                todo += target.split("/")[::-1]
            elif part == "..":
                way = way[:-1] or way
            elif part not in ("", "."):
                way = [*way, _step(way[-1], part, device)]
                trail.callback(os.close, way[-1])
        return os.open(".", _FOLDER, dir_fd=way[-1])


def _step(folder_fd: int, name: str, device: int) -> int:
    fd = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder_fd)
    if os.fstat(fd).st_dev != device:
        os.close(fd)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), name)
    return fd


def _link_target(folder_fd: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder_fd)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return None
        raise


class Folders:
    """Open folders beneath a root, the latest ones kept open; missing ones can be made.

    Attributes:
        implied: paths of folders that had to be made without being asked for.
    """

    def __init__(self, root_fd: int) -> None:
        self.root_fd = root_fd
        self.implied: set[str] = set()
        self._open: OrderedDict[str, int] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.forget()

    def forget(self) -> None:
        """Close all: names may mean other folders now."""
        while self._open:
            os.close(self._open.popitem()[1])

    def get(self, parts: list[str]) -> int:
        """Return a descriptor of a folder, valid until the next call; make what is missing.

        Raises:
            BadLayer: something that is no folder is in the way.
        """
        path = "/".join(parts)
        fd = self._open.get(path)
        if fd is not None:
            self._open.move_to_end(path)
            return fd
        fd = self._reach(parts, _MOST_STEPS)
        self._open[path] = fd
        if len(self._open) > _MOST_OPEN:
            os.close(self._open.popitem(last=False)[1])
        return fd

    def find(self, parts: list[str]) -> int:
        """Open an existing folder; the caller closes it.

        Raises:
            OSError: it isn't there, or no folder.
        """
        return open_folder(self.root_fd, "/".join(parts))

    def _reach(self, parts: list[str], steps: int) -> int:
        path = "/".join(parts)
        try:
            return open_folder(self.root_fd, path)
        except OSError as error:
            if error.errno in (errno.ENOTDIR, errno.ELOOP, errno.EXDEV):
                raise BadLayer(f"'{path}' is in the layer, and is no folder") from error
            if error.errno != errno.ENOENT:
                raise
            if not steps:
                raise BadLayer(f"'{path[:60]}...' is nested too deep") from error
        parent = self._reach(parts[:-1], steps - 1)
        try:
            return self._make(parent, parts, steps)
        finally:
            os.close(parent)

    def _make(self, parent: int, parts: list[str], steps: int) -> int:
        name = parts[-1]
        try:
            os.mkdir(name, 0o755, dir_fd=parent)
        except FileExistsError:
            return self._reach(self._dangling(parent, parts), steps - 1)
        self.implied.add("/".join(parts))
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)

    def _dangling(self, parent: int, parts: list[str]) -> list[str]:
        """Tell where a symbolic link to nothing points, inside the root."""
        status = os.stat(parts[-1], dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISLNK(status.st_mode):
            raise BadLayer(f"'{'/'.join(parts)}' is in the layer, and is no folder")
        target = os.readlink(parts[-1], dir_fd=parent)
        whole = [] if target.startswith("/") else parts[:-1]
        for part in target.split("/"):
            if part == "..":
                whole = whole[:-1]
            elif part not in ("", "."):
                whole = [*whole, part]
        return whole
