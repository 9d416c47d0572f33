"""Be told by the kernel that files in a folder change.

Source: inotify(7).
"""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_EVENT = struct.Struct("iIII")
_BUFFER = 64 * 1024
MODIFY, CLOSE_WRITE, MOVED_TO, CREATE, DELETE = 0x2, 0x8, 0x80, 0x100, 0x200
_WATCHED = MODIFY | CLOSE_WRITE | MOVED_TO | CREATE | DELETE

_libc = ctypes.CDLL(None, use_errno=True)


class Inotify:
    """Watches folders. For one thread."""

    def __init__(self) -> None:
        """Raises OSError: the user's limit of instances is reached."""
        self._descriptor: int = _libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self._descriptor < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1: see fs.inotify.max_user_instances")
        self._folders: dict[int, Path] = {}

    def watch(self, folder: Path) -> bool:
        """Watch a folder, once or more often; False when it isn't there.

        Raises:
            OSError: the user's limit of watches is reached.
        """
        number: int = _libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _WATCHED)
        if number >= 0:
            self._folders[number] = folder
            return True
        code = ctypes.get_errno()
        if code in {errno.ENOENT, errno.ENOTDIR}:
            return False
        raise OSError(code, "inotify_add_watch: see fs.inotify.max_user_watches", str(folder))

    def unwatch(self, folder: Path) -> None:
        """Watch it no more. Idempotent."""
        for number in [number for number, each in self._folders.items() if each == folder]:
            del self._folders[number]
            _libc.inotify_rm_watch(self._descriptor, number)

    def wait(self, timeout: float) -> set[Path]:
        """The folders in which something has changed; empty after `timeout` seconds without."""
        select.select([self._descriptor], [], [], timeout)
        try:
            data = os.read(self._descriptor, _BUFFER)
        except BlockingIOError:
            return set()
        numbers, offset = set(), 0
        while offset < len(data):
            number, _mask, _cookie, length = _EVENT.unpack_from(data, offset)
            numbers.add(number)
            offset += _EVENT.size + length
        if -1 in numbers:  # Too much happened to tell it all.
            return set(self._folders.values())
        return {self._folders[number] for number in numbers if number in self._folders}
