"""Folders whose changes the kernel reports.

Source: inotify(7).
"""

from __future__ import annotations

import ctypes
import os
import struct
from dataclasses import dataclass
from enum import IntFlag
from functools import cache
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEAD = struct.Struct("iIII")
_READ = 65536


class Mask(IntFlag):
    MOVED_TO = 0x80
    CREATE = 0x100
    DELETE = 0x200
    OVERFLOW = 0x4000
    IGNORED = 0x8000
    ONLY_FOLDERS = 0x01000000


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to `name` in `folder`; with OVERFLOW, anything anywhere."""

    folder: Path | None
    name: str
    mask: Mask


class Inotify:
    """For one thread at a time; `fd` becomes readable when there are changes."""

    def __init__(self) -> None:
        self.fd = _libc().inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0:
            raise errors.ResourceExhausted(
                f"watch for changes: {os.strerror(ctypes.get_errno())}; "
                "raise the sysctl fs.inotify.max_user_instances"
            )
        self._folders: dict[int, Path] = {}

    def add(self, folder: Path, mask: Mask) -> None:
        """Watch a folder; one that is gone is fine, and its watch ends with it."""
        wanted = int(mask | Mask.ONLY_FOLDERS)
        watch = _libc().inotify_add_watch(self.fd, os.fsencode(folder), wanted)
        if watch >= 0:
            self._folders[watch] = folder

    def read(self) -> Iterator[Change]:
        """What has happened since the last call."""
        try:
            data = os.read(self.fd, _READ)
        except BlockingIOError:
            return
        while data:
            watch, mask, _, size = _HEAD.unpack_from(data)
            name = data[_HEAD.size : _HEAD.size + size].rstrip(b"\0").decode(errors="replace")
            data = data[_HEAD.size + size :]
            if mask & Mask.IGNORED:  # the folder is gone
                self._folders.pop(watch, None)
            else:
                yield Change(self._folders.get(watch), name, Mask(mask & 0xFFFF))


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
