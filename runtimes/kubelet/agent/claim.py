"""One agent per folder of manifests, and one per root of records."""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.oserrors import translated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def claimed(folder: Path, root: Path, backend: str) -> Iterator[None]:
    """Hold both; the kernel gives them back however this process ends.

    Raises:
        FailedPrecondition: another agent has one of them.
        NotFound: the folder isn't there.
    """
    with ExitStack() as stack:
        stack.enter_context(_locked(folder, os.O_RDONLY | os.O_DIRECTORY, str(folder)))
        with translated(f"claim {root}"):
            root.mkdir(mode=0o750, parents=True, exist_ok=True)
        lock = root / f"agent-{backend}.lock"
        stack.enter_context(_locked(lock, os.O_RDWR | os.O_CREAT, f"the pods of {root}"))
        yield


@contextmanager
def _locked(path: Path, flags: int, what: str) -> Iterator[None]:
    try:
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise errors.NotFound(f"keep {what}: there is no such folder; make it first") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise errors.FailedPrecondition(
            f"keep {what}: another agent does that already; stop it first"
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)
