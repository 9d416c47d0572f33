"""The path of a socket, held against other servers, and changed from old to new in one step.

gRPC itself would take a live server's socket away without a word.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

MODE = 0o660
_LONGEST_PATH = 107
"""Bytes of a socket's path, without the final NUL.

Source: unix(7), sun_path."""
_CONNECT_TIMEOUT = 1.0


def parse(listen: str) -> Path:
    """Read ``unix:///run/x.sock``, ``unix:/run/x.sock`` or ``/run/x.sock``.

    Raises:
        InvalidArgument: it is something else, or longer than a socket's path may be.
    """
    rest = listen.removeprefix("unix:")
    if rest.startswith("//"):
        rest = rest[2:]
    path = Path(rest)
    if not path.is_absolute() or rest.endswith("/"):
        raise errors.InvalidArgument(
            f"listen on '{listen}': expected a socket's absolute path, as unix:///run/x.sock"
        )
    if len(os.fsencode(_temporary(path))) > _LONGEST_PATH:
        raise errors.InvalidArgument(
            f"listen on '{listen}': the path is too long for a socket; choose a shorter one"
        )
    return path


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


@dataclass(slots=True)
class Claim:
    """A path that is ours while the lock file beside it is locked.

    Attributes:
        temporary: where to bind; `publish` moves it to `path`.
    """

    path: Path
    temporary: Path = field(init=False)
    _published: os.stat_result | None = None

    def __post_init__(self) -> None:
        self.temporary = _temporary(self.path)

    def publish(self) -> None:
        """Let clients find what was bound, in place of a socket that nobody serves any more."""
        self.temporary.chmod(MODE)
        self.temporary.rename(self.path)
        self._published = self.path.lstat()

    def withdraw(self) -> None:
        """Remove the socket, unless another one has taken its place. Idempotent."""
        published, self._published = self._published, None
        with suppress(FileNotFoundError):
            self.temporary.unlink()
        with suppress(FileNotFoundError):
            found = self.path.lstat()
            if published is not None and os.path.samestat(found, published):
                self.path.unlink()


@contextmanager
def claimed(path: Path) -> Iterator[Claim]:
    """Hold `path`; its folder is made if it is missing. The lock file stays.

    Raises:
        AlreadyExists: another server has it.
        FailedPrecondition: something that isn't a socket is there.
        PermissionDenied: its folder can't be written.
    """
    with ExitStack() as stack:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
            stack.callback(os.close, lock)
            _lock(lock, path)
            _check(path)
            claim = Claim(path)
            claim.withdraw()
        except OSError as error:
            raise errors.PermissionDenied(
                f"listen on unix://{path}: {(error.strerror or str(error)).lower()}: "
                f"{error.filename}; run as root, or choose another path"
            ) from error
        stack.callback(claim.withdraw)
        yield claim


def _lock(lock: int, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        raise errors.AlreadyExists(
            f"listen on unix://{path}: another server (process {holder}) serves it; "
            "stop that one, or choose another path"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _check(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise errors.FailedPrecondition(
            f"listen on unix://{path}: a file that isn't a socket is there; "
            "remove it, or choose another path"
        )
    if _answers(path):
        raise errors.AlreadyExists(
            f"listen on unix://{path}: another program serves it; "
            "stop that one, or choose another path"
        )


def _answers(path: Path) -> bool:
    """Whether somebody listens; a full backlog means that somebody does."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_CONNECT_TIMEOUT)
        try:
            connection.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except (BlockingIOError, TimeoutError):
            return True
    return True
