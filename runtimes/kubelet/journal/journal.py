"""The events of one backend's pods on disk, shared by every process that uses the same root.

    <root>/events/<backend>/<namespace>_<name>_<uid>.jsonl

An event is one line, appended; equal ones are told as one when they are read. A file that has
grown is written anew with what would be read of it. Events of a pod stay for an hour after it is
gone.

That an event can't be written never stops what it tells of.
"""

from __future__ import annotations

import fcntl
import glob
import logging
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet import layout
from runtimes.kubelet.journal.entry import JournalEntry, decode, encode, entry_of, folded
from runtimes.kubelet.store import durable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.events import Event

log = logging.getLogger(__name__)
_SUFFIX = ".jsonl"
_FILES = f"*_*_*{_SUFFIX}"
_LONGEST = 256 * 1024
_KEPT = 100
_LIFE_NS = 3600 * 10**9
_SWEEP_NS = 60 * 10**9


@dataclass(frozen=True, slots=True)
class PodJournal:
    """What is known of one pod, the newest last."""

    namespace: str
    name: str
    uid: str
    entries: list[JournalEntry]


class Journal:
    """Thread-safe, and safe beside other processes.

    Args:
        pod: finds a recorded pod by its uid; None for one that is gone.
    """

    def __init__(
        self,
        root: Path,
        backend: str,
        pod: Callable[[str], v1.Pod | None],
        *,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._folder = root / "events" / layout.checked(backend, "backend")
        self._pod = pod
        self._now_ns = now_ns
        self._paths: dict[str, Path] = {}
        self._swept_ns = 0
        self._lock = threading.Lock()

    def record(self, event: Event) -> None:
        """Note that an event has happened now; of a pod that was never recorded, nothing."""
        try:
            path = self._path(event.pod_uid) or self._begin(event.pod_uid)
            if path is not None:
                _append(path, encode([entry_of(event, self._now_ns())]))
        except (OSError, ValueError, errors.Error) as error:
            log.warning("note %s of pod %s: %s", event.reason, event.pod_uid, error)

    def of_pod(self, uid: str) -> list[JournalEntry]:
        """What has happened to a pod, the newest last."""
        path = self._path(uid)
        return [] if path is None else _read(path)

    def all(self, namespace: str | None = None, names: Collection[str] = ()) -> list[PodJournal]:
        """What has happened to pods, by namespace and name.

        Args:
            namespace: only those in it; None for all.
            names: only those of a name or uid in it; empty for all.
        """
        found = []
        for path in sorted(self._folder.glob(_FILES)):
            who = _who(path)
            chosen = namespace in {None, who[0]} and (not names or not {*who[1:]}.isdisjoint(names))
            if chosen and not self._is_over(path):
                found.append(PodJournal(*who, _read(path)))
        return found

    def _path(self, uid: str) -> Path | None:
        with self._lock:
            if uid not in self._paths:
                pattern = f"*_*_{glob.escape(layout.checked(uid, 'uid'))}{_SUFFIX}"
                self._paths.update((uid, path) for path in self._folder.glob(pattern))
            return self._paths.get(uid)

    def _begin(self, uid: str) -> Path | None:
        pod = self._pod(uid)
        if pod is None:
            return None
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        self._sweep()
        meta = pod.metadata
        stem = layout.log_folder_name(meta.namespace, meta.name, uid)
        with self._lock:
            return self._paths.setdefault(uid, self._folder / f"{stem}{_SUFFIX}")

    def _sweep(self) -> None:
        """Forget pods that are gone; done when a pod begins, which no idle node does."""
        now_ns = self._now_ns()
        with self._lock:
            if now_ns - self._swept_ns < _SWEEP_NS:
                return
            self._swept_ns = now_ns
        for path in self._folder.glob(_FILES):
            if self._is_over(path):
                for leftover in (path, *self._folder.glob(f".{glob.escape(path.name)}.*")):
                    leftover.unlink(missing_ok=True)
                with self._lock:
                    self._paths.pop(_who(path)[2], None)

    def _is_over(self, path: Path) -> bool:
        """Whether the pod is gone, and for how long its events stay."""
        try:
            passed_ns = self._now_ns() - path.stat().st_mtime_ns
        except FileNotFoundError:
            return True
        return passed_ns > _LIFE_NS and self._pod(_who(path)[2]) is None


def _who(path: Path) -> tuple[str, str, str]:
    namespace, name, uid = path.stem.split("_", 2)
    return namespace, name, uid


def _read(path: Path) -> list[JournalEntry]:
    try:
        return folded(decode(path.read_bytes()))
    except OSError:
        return []


def _append(path: Path, line: bytes) -> None:
    with _locked(path) as descriptor:
        with os.fdopen(descriptor, "ab", closefd=False) as file:
            file.write(line if _ends_a_line(descriptor) else b"\n" + line)
        if os.fstat(descriptor).st_size > _LONGEST:
            kept = folded(decode(path.read_bytes()))[-_KEPT:]
            durable.write(path, encode(kept), mode=0o640, flush=False)


def _ends_a_line(descriptor: int) -> bool:
    """Whether what was written last is whole; a full disk or a kill may have cut it short."""
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open it alone; one that was replaced while it was waited for is left for its successor."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_current(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _is_current(descriptor: int, path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    return os.fstat(descriptor).st_ino == found.st_ino
