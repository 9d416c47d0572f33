"""Records on disk: one directory per object, locked by flock, replaced atomically.

    <root>/<kind>es/<id>/record.json     the record; the directory is the lock and holds the
                                         object's other files
    <root>/names/<kind>-<sha256>         symlink to the id that owns a unique name

A reader never waits: it sees the record before or after a step. A lock's holder may be another
process; the kernel frees a dead holder's lock, and whoever gets it next finds the record of the
last step.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar

from runtimes.core import deadline, errors
from runtimes.core.state import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

log = logging.getLogger(__name__)
_FILE = "record.json"
_UNBORN = ".new-"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02
_PLURAL = {"sandbox": "sandboxes", "container": "containers"}


class Record(Protocol):
    """What a store keeps; a value, replaced as a whole."""

    kind: ClassVar[str]

    @property
    def id(self) -> str: ...

    @property
    def created_at_ns(self) -> int: ...

    @property
    def unique_name(self) -> tuple[str, ...]:
        """What no other record of its kind may have."""
        ...

    def encode(self) -> bytes: ...

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read one back.

        Raises:
            DataLoss: it is truncated, or not a record at all.
            FailedPrecondition: a newer version of this program wrote it.
        """
        ...


R = TypeVar("R", bound=Record)


class Store(Generic[R]):
    """All records of one kind. Thread-safe, and safe between processes."""

    def __init__(self, root: Path, kind: type[R]) -> None:
        self._type: type[R] = kind
        self._kind: str = kind.kind
        self._folder = root / _PLURAL[kind.kind]
        self._names = root / "names"
        self._cache: dict[str, tuple[tuple[int, int, int], R]] = {}
        self._guard = threading.Lock()

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self._folder, self._names):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def folder(self, object_id: str) -> Path:
        """Where the object's files are."""
        return self._folder / object_id

    @contextmanager
    def create(self, record: R) -> Iterator[None]:
        """Write a new record, reserve its unique name, and hold its lock for the block.

        Not durable: a folder without a record, or a name without a folder, is as good as nothing.

        Raises:
            AlreadyExists: the name is taken; the message names the owner's id.
        """
        unborn = self._folder / f"{_UNBORN}{record.id}"
        descriptor = self._conceive(unborn)
        try:
            _write(unborn, record.encode(), durable=False)
            unborn.rename(self.folder(record.id))
            try:
                self._reserve(record)
            except BaseException:
                self._erase(record.id)
                raise
            yield
        finally:
            os.close(descriptor)

    def _conceive(self, unborn: Path) -> int:
        """Make an object's folder and lock it; `sweep` stays out in between."""
        parent = _open(self._folder)
        try:
            fcntl.flock(parent, fcntl.LOCK_SH)
            unborn.mkdir(mode=0o700)
            descriptor = _open(unborn)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            return descriptor
        finally:
            os.close(parent)

    def save(self, record: R, *, durable: bool = True) -> None:
        """Replace the record: temporary file, fsync, rename, fsync of the directory.

        Without `durable` the two fsyncs are left out: any kill of this process is survived all the
        same, and a power failure may bring the step before back, which must then mean the same. It
        does where a step is about processes, namespaces and mounts: those are gone as well.
        The caller holds the lock.
        """
        _write(self.folder(record.id), record.encode(), durable=durable)

    def note(self, record: R) -> None:
        """As `save` without `durable`, for a step that frees space: a full disk doesn't hold it up.

        What isn't written then is done once more by whoever comes next, and must mean the same.
        """
        try:
            self.save(record, durable=False)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            log.warning("go on with %s though that can't be noted: %s", record.id, error)

    def load(self, object_id: str) -> R:
        """Read one record by its full id.

        Raises:
            NotFound: there is none.
            DataLoss: it can't be read.
            FailedPrecondition: a newer version of this program wrote it.
        """
        path = f"{self._folder}/{object_id}/{_FILE}"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError) as error:
            self._cache.pop(object_id, None)
            raise errors.NotFound(f"{self._kind} '{object_id}' does not exist") from error
        try:
            return self._read(object_id, descriptor)
        finally:
            os.close(descriptor)

    def _read(self, object_id: str, descriptor: int) -> R:
        found = os.fstat(descriptor)
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        known = self._cache.get(object_id)
        if known is not None and known[0] == stamp:
            return known[1]
        record = self._type.decode(os.read(descriptor, found.st_size + 1))
        with self._guard:
            self._cache[object_id] = (stamp, record)
        return record

    def resolve(self, id_or_prefix: str) -> str:
        """Complete an id.

        Raises:
            NotFound: nothing starts like that.
            InvalidArgument: several do, or it can't be an id.
        """
        if not id_or_prefix or "/" in id_or_prefix or id_or_prefix.startswith("."):
            raise errors.InvalidArgument(f"'{id_or_prefix}' is not the id of a {self._kind}")
        if (self.folder(id_or_prefix) / _FILE).exists():
            return id_or_prefix
        found = [name for name in self.ids() if name.startswith(id_or_prefix)]
        if not found:
            raise errors.NotFound(f"{self._kind} '{id_or_prefix}' does not exist")
        if len(found) > 1:
            raise errors.InvalidArgument(
                f"{len(found)} {self._folder.name} start with '{id_or_prefix}'; give more of the id"
            )
        return found[0]

    def ids(self) -> list[str]:
        """List the ids of all objects, also of those whose record can't be read."""
        try:
            names = [entry.name for entry in os.scandir(self._folder)]
        except FileNotFoundError:
            return []
        return [name for name in names if not name.startswith(".")]

    def all(self, meant: Callable[[R], bool] = lambda _: True) -> list[R]:
        """Read all records, oldest first, without those that vanish or can't be read.

        Args:
            meant: tells by what never changes in a record (its ids, names and labels) whether it
                is asked for. No file is opened of one that was read before and isn't.
        """
        records = (self._load_meant(object_id, meant) for object_id in self.ids())
        return sorted(filter(None, records), key=lambda record: (record.created_at_ns, record.id))

    def _load_meant(self, object_id: str, meant: Callable[[R], bool]) -> R | None:
        known = self._cache.get(object_id)
        if known is not None and not meant(known[1]):
            return None
        with suppress(errors.NotFound, errors.DataLoss, errors.FailedPrecondition):
            record = self.load(object_id)
            return record if meant(record) else None
        return None

    @contextmanager
    def lock(self, object_id: str, *, shared: bool = False) -> Iterator[R]:
        """Hold the object's lock, waiting for it as long as the caller's deadline allows.

        Yields the record as it is once the lock is held.

        Raises:
            NotFound: it doesn't exist, or was removed meanwhile.
            DeadlineExceeded: somebody else kept the lock.
        """
        descriptor = self._acquire(object_id, shared=shared)
        try:
            yield self.load(object_id)
        finally:
            os.close(descriptor)

    @contextmanager
    def try_lock(self, object_id: str) -> Iterator[bool]:
        """Hold the object's lock if it is free now; yield whether it was."""
        try:
            descriptor = _open(self.folder(object_id))
        except FileNotFoundError:
            yield False
            return
        try:
            yield _flock(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(descriptor)

    def _acquire(self, object_id: str, *, shared: bool) -> int:
        pause = _FIRST_PAUSE
        try:
            descriptor = _open(self.folder(object_id))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise errors.NotFound(f"{self._kind} '{object_id}' does not exist") from error
        try:
            while not _flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
                deadline.check(f"wait for the lock of {self._kind} '{object_id}'")
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def delete(self, record: R) -> None:
        """Forget an object whose other files are gone: its name, its record, its directory.

        The caller holds the lock.
        """
        self._release(record)
        self._erase(record.id)

    def discard(self, object_id: str) -> None:
        """Forget an object without a readable record. The caller holds the lock."""
        self._erase(object_id)

    def _erase(self, object_id: str) -> None:
        folder = self.folder(object_id)
        for name in (f"{_FILE}.tmp", _FILE):
            (folder / name).unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            folder.rmdir()
        self._cache.pop(object_id, None)

    def sweep(self) -> None:
        """Remove what a crash left before a record was complete."""
        unborn = [e.name for e in os.scandir(self._folder) if e.name.startswith(_UNBORN)]
        parent = _open(self._folder)
        try:
            if unborn and _flock(parent, fcntl.LOCK_EX):
                for name in unborn:
                    self._erase_if_free(name)
        finally:
            os.close(parent)

    def _erase_if_free(self, name: str) -> None:
        with self.try_lock(name) as free:
            if free:
                self._erase(name)

    def sweep_names(self) -> None:
        """Remove names whose owner is gone; they do no harm, since a new owner takes them over."""
        descriptor = _open(self._names)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            for entry in os.scandir(self._names):
                link = self._names / entry.name
                if entry.name.startswith(f"{self._kind}-") and self._is_stale(link):
                    link.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    def _is_stale(self, link: Path) -> bool:
        try:
            return not self.folder(link.readlink().name).exists()
        except OSError:
            return False

    def owner(self, unique_name: tuple[str, ...]) -> str | None:
        """The id that has reserved a name."""
        try:
            return self._name(unique_name).readlink().name
        except FileNotFoundError:
            return None

    def _name(self, unique_name: tuple[str, ...]) -> Path:
        import hashlib

        digest = hashlib.sha256("\0".join(unique_name).encode()).hexdigest()
        return self._names / f"{self._kind}-{digest}"

    def _reserve(self, record: R) -> None:
        link = self._name(record.unique_name)
        if _link(link, record.id):
            return
        # Only here, where a dead owner may have to give way, does order matter.
        descriptor = _open(self._names)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._take_over(link, record)
        finally:
            os.close(descriptor)

    def _take_over(self, link: Path, record: R) -> None:
        owner = self.owner(record.unique_name)
        if owner is not None and self.folder(owner).exists():
            label = "_".join(record.unique_name)
            raise errors.AlreadyExists(
                f"create {self._kind} '{label}': '{owner}' has that name; remove it first"
            )
        link.unlink(missing_ok=True)
        _link(link, record.id)

    def _release(self, record: R) -> None:
        if self.owner(record.unique_name) == record.id:
            self._name(record.unique_name).unlink(missing_ok=True)


def _link(link: Path, object_id: str) -> bool:
    try:
        link.symlink_to(object_id)
    except FileExistsError:
        return False
    return True


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(folder: Path, data: bytes, *, durable: bool = True) -> None:
    whole.replace(folder / _FILE, data, through=folder / f"{_FILE}.tmp", durable=durable)
