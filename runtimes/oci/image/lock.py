"""Locks between processes and threads, by flock(2) on files of their own.

Each acquisition opens the file anew, so two threads of one process exclude each other as well. The
kernel drops the lock with the process: a killed holder never blocks anyone.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from runtimes.core import deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FIRST_PAUSE = 0.001
_LONGEST_PAUSE = 0.05


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Hold a shared lock on a file that stays."""
    fd = _wait(path, fcntl.LOCK_SH, _patience(path))
    try:
        yield
    finally:
        os.close(fd)


@contextmanager
def exclusive(path: Path, check: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an exclusive lock on a file that stays; `check` raises to give up the wait.

    Raises:
        DeadlineExceeded: the caller's deadline passed first.
    """
    fd = _wait(path, fcntl.LOCK_EX, check or _patience(path))
    try:
        yield
    finally:
        os.close(fd)


@contextmanager
def transient(path: Path, check: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold an exclusive lock on a file that exists only while someone holds or awaits it."""
    fd = _wait(path, fcntl.LOCK_EX, check or _patience(path))
    try:
        yield
    finally:
        _drop(path, fd)


@contextmanager
def attempt(path: Path) -> Iterator[bool]:
    """Try for an exclusive, transient lock; tell whether it was free."""
    fd = _try(path, fcntl.LOCK_EX)
    try:
        yield fd is not None
    finally:
        if fd is not None:
            _drop(path, fd)


def is_held(path: Path) -> bool:
    """Tell whether anyone holds an exclusive lock on an existing file."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _patience(path: Path) -> Callable[[], None]:
    return lambda: deadline.check(f"wait for the lock '{path}'")


def _wait(path: Path, kind: int, check: Callable[[], None]) -> int:
    pause = _FIRST_PAUSE
    while (fd := _try(path, kind)) is None:
        check()
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
    return fd


def _try(path: Path, kind: int) -> int | None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
        if _still_names(path, fd):
            return fd
    except BlockingIOError:
        pass
    except BaseException:
        os.close(fd)
        raise
    os.close(fd)
    return None


def _still_names(path: Path, fd: int) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(fd))


def _drop(path: Path, fd: int) -> None:
    with suppress(FileNotFoundError):
        path.unlink()
    os.close(fd)
