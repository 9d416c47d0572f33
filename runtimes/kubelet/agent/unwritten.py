"""Read a file while nobody writes it: half a manifest may be valid, and ask for half its pods.

The kernel leases a file to a reader only while nobody has it open for writing, and makes whoever
opens it so meanwhile wait. Where a file system has no leases, files are read as they are.

Source: fcntl(2), F_SETLEASE.
"""

from __future__ import annotations

import fcntl
import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def unwritten(path: Path) -> Iterator[bool]:
    """Hold writers off for the block; yield False if there is one already.

    Raises:
        OSError: the file can't be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        yield _lease(descriptor)
    finally:
        os.close(descriptor)


def _lease(descriptor: int) -> bool:
    with suppress(OSError):
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # SIGIO would end this process
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return False
    return True
