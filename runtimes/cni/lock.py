"""One holder at a time among threads and processes; a dead holder lets go by itself.

Of a process's threads one at a time asks for the file, the others stand in line: a hundred that
ask each few milliseconds would keep the holder from its work, and some of them out for ever.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL = 0.005
_lines: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
"""By the path of the file; gone with the last thread that stands in one."""
_guard = threading.Lock()


@contextmanager
def held(path: Path, what: str, patience: float) -> Iterator[None]:
    """Hold the lock file `path`, made when missing, waiting at most `patience` seconds.

    Not reentrant. The holder removes the file at the end, so locks may be as many as sandboxes.

    Raises:
        DeadlineExceeded: another holder kept it; the message begins with `what`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    limit = time.monotonic() + (deadline.remaining(patience) or 0.0)
    line = _line(path)
    if not line.acquire(timeout=max(0.0, limit - time.monotonic())):
        raise _too_late(path, what)
    try:
        descriptor = _lock(path, what, limit)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)
    finally:
        line.release()


def _line(path: Path) -> threading.Lock:
    with _guard:
        return _lines.setdefault(str(path), threading.Lock())


def _lock(path: Path, what: str, limit: float) -> int:
    while (descriptor := _try(path)) is None:
        if time.monotonic() >= limit:
            raise _too_late(path, what)
        time.sleep(_POLL)
    return descriptor


def _too_late(path: Path, what: str) -> errors.DeadlineExceeded:
    return errors.DeadlineExceeded(
        f"{what}: another call has held {path} all the time; look for a hung process"
    )


def _try(path: Path) -> int | None:
    """Lock the file that is at `path` now, not one that its holder removed meanwhile."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None
