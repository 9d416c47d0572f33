"""Network namespaces: made, pinned at a path, entered by a thread of their own, dropped.

setns(2) and unshare(2) change the calling thread alone. So each visit runs in a thread that ends
afterwards and never goes back to a pool, and no process is forked.
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_MS_BIND = 0x1000
_MNT_DETACH = 2
_THREAD_NETNS = "/proc/thread-self/ns/net"
_libc = ctypes.CDLL(None, use_errno=True)


def create(path: Path) -> None:
    """Make a network namespace and pin it by a bind mount at `path`, a file made for it.

    Raises:
        AlreadyExists: `path` exists.
        PermissionDenied: the process lacks CAP_SYS_ADMIN.
    """
    with ExitStack() as undo:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY | os.O_CLOEXEC, 0o444))
        except FileExistsError as error:
            raise errors.AlreadyExists(f"create network namespace at {path}: it exists") from error
        undo.callback(path.unlink, missing_ok=True)
        _in_thread(lambda: _unshare_and_pin(path))
        undo.pop_all()


def pin(namespace: Path, path: Path) -> None:
    """Keep a namespace alive that exists elsewhere, e.g. at ``/proc/PID/ns/net``.

    Raises:
        NotFound: it is gone.
        PermissionDenied: the process lacks CAP_SYS_ADMIN.
    """
    path.touch(mode=0o444)
    done = _libc.mount(os.fsencode(namespace), os.fsencode(path), None, _MS_BIND, None)
    if done != 0:
        code = ctypes.get_errno()
        path.unlink(missing_ok=True)
        raise _failure(f"pin network namespace {namespace} at {path}", code)


def delete(path: Path) -> None:
    """Unpin and remove `path`; a missing one is fine. The kernel drops what nobody uses."""
    if _libc.umount2(os.fsencode(path), _MNT_DETACH) != 0:
        code = ctypes.get_errno()
        if code not in (errno.EINVAL, errno.ENOENT):  # not a mount point, or gone
            raise _failure(f"unmount network namespace {path}", code)
    path.unlink(missing_ok=True)


def enter(path: Path, work: Callable[[], T]) -> T:
    """Run `work` in a thread inside the namespace; sockets that it makes stay there.

    Deadlines and other context variables don't follow into the thread.

    Raises:
        NotFound: nothing is at `path`, or it isn't a namespace any more.
    """
    return _in_thread(lambda: _setns_and_run(path, work))


def is_pinned(path: Path) -> bool:
    """Tell a live namespace from a missing file and from an empty one that a crash left."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _is_namespace(descriptor)
    finally:
        os.close(descriptor)


def _is_namespace(descriptor: int) -> bool:
    ns_get_nstype = 0xB703
    import fcntl

    try:
        return fcntl.ioctl(descriptor, ns_get_nstype) == _CLONE_NEWNET
    except OSError:
        return False


def _unshare_and_pin(path: Path) -> None:
    _check(_libc.unshare(_CLONE_NEWNET), f"unshare a network namespace for {path}")
    done = _libc.mount(_THREAD_NETNS.encode(), os.fsencode(path), None, _MS_BIND, None)
    _check(done, f"bind-mount a network namespace at {path}")


def _setns_and_run(path: Path, work: Callable[[], T]) -> T:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        code = error.errno or 0
        raise _failure(f"enter network namespace {path}", code) from error
    try:
        if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
            raise _failure(f"enter network namespace {path}", ctypes.get_errno())
    finally:
        os.close(descriptor)
    return work()


def _check(result: int, what: str) -> None:
    if result != 0:
        raise _failure(what, ctypes.get_errno())


def _failure(what: str, code: int) -> errors.Error:
    message = f"{what}: {os.strerror(code)}"
    if code in (errno.ENOENT, errno.EINVAL, errno.ENOTDIR):
        return errors.NotFound(f"{message}; the namespace is gone")
    if code in (errno.EPERM, errno.EACCES):
        return errors.PermissionDenied(f"{message}; run as root")
    return errors.Internal(message)


def _in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread of its own and hand on its result or its exception."""
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again by the waiting thread
            failures.append(error)

    thread = threading.Thread(target=run, name="netns", daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]
