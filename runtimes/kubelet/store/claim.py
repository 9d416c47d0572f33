"""Who drives the pod of a name: known before there is a record, and outside the pod's own folder.

A pod that was recorded and hasn't started yet looks like one that has ended. Whoever would remove
it asks here first; the kernel lets go of a claim with the process that had it.
"""

from __future__ import annotations

import fcntl
import os
import weakref
from typing import TYPE_CHECKING

from runtimes.kubelet.oserrors import translated

if TYPE_CHECKING:
    from pathlib import Path


class Claim:
    """Held from its making until `release`, or until nobody knows it any more."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._let_go = weakref.finalize(self, _let_go, path, descriptor)

    def release(self) -> None:
        """Let go of the name. Idempotent, from any thread."""
        self._let_go()


def claim(path: Path) -> Claim | None:
    """Take the name that the file `path` stands for; None when somebody has it."""
    with translated(f"claim {path}"):
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return Claim(path, descriptor)
    except (BlockingIOError, FileNotFoundError):
        pass  # somebody has it, or let go of it just now and removed the file
    os.close(descriptor)
    return None


def _let_go(path: Path, descriptor: int) -> None:
    path.unlink(missing_ok=True)
    os.close(descriptor)
