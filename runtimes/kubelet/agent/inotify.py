"""Be told by the kernel that files in a folder change.

Source: inotify(7).
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _DELETE = 0x8, 0x40, 0x80, 0x200
_WATCHED = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _DELETE
_BUFFER = 64 * 1024


def watch(folder: Path) -> int:
    """Open a descriptor that becomes readable on a change; for the caller to close.

    Raises:
        OSError: the folder isn't there, or the user's limit is reached.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor: int = libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "inotify_init1: see fs.inotify.max_user_instances")
    if libc.inotify_add_watch(descriptor, os.fsencode(folder), _WATCHED) < 0:
        code = ctypes.get_errno()
        os.close(descriptor)
        raise OSError(code, os.strerror(code), str(folder))
    return descriptor


def drain(descriptor: int) -> None:
    """Take all events, whatever they say: the folder is read anew."""
    try:
        while os.read(descriptor, _BUFFER):
            pass
    except BlockingIOError:
        return
