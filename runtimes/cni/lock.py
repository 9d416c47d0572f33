"""One holder at a time among threads and processes; a dead holder lets go by itself."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL = 0.005


@contextmanager
def held(path: Path, what: str, patience: float) -> Iterator[None]:
    """Hold the lock file `path`, made when missing, waiting at most `patience` seconds.

    Not reentrant. The holder removes the file at the end, so locks may be as many as sandboxes.

    Raises:
        DeadlineExceeded: another holder kept it; the message begins with `what`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    limit = time.monotonic() + (deadline.remaining(patience) or 0.0)
    descriptor = _try(path)
    while descriptor is None:
        if time.monotonic() >= limit:
            raise errors.DeadlineExceeded(
                f"{what}: another call has held {path} all the time; look for a hung process"
            )
        time.sleep(_POLL)
        descriptor = _try(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


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
