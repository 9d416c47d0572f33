"""The process that copies the logs of running containers as they grow.

    python -m runtimes.dockershim.logs.logger ROOT LOCK

One per root, detached from whoever started it: it ends when no log is being written any more. It
holds nothing that isn't on disk, so it may be killed at any time; the next caller starts another.
`LOCK` is the descriptor of the lock that it inherits and holds while it lives.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.dockershim.logs import copy
from runtimes.dockershim.logs import record as records
from runtimes.dockershim.logs.inotify import Inotify

if TYPE_CHECKING:
    from runtimes.dockershim.logs.record import LogRecord

log = logging.getLogger("runtimes.dockershim.logger")

IDLE = 10.0
"""Seconds for which nothing may be written before it looks whether it is still needed."""

GATHER = 0.01
"""Seconds in which what a container writes is gathered into one copy."""


class Logger:
    """Follows all logs of one root. For one thread."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._kernel = Inotify()
        self._sources: dict[Path, Path] = {}
        self._awaited: set[Path] = set()

    def run(self, idle: float = IDLE) -> None:
        """Copy until nobody writes to any of the logs."""
        self._kernel.watch(self._root)
        self._look()
        while True:
            changed = self._kernel.wait(idle)
            if not changed and not any(map(is_written, self._sources.values())):
                return
            time.sleep(GATHER)
            if not changed.isdisjoint({self._root, *self._awaited}):
                self._look()
            for folder, source in list(self._sources.items()):
                if source.parent in changed:
                    self._advance(folder)

    def _look(self) -> None:
        """Follow logs that are new, and those that are finished no longer."""
        here = set(records.all_folders(self._root))
        for folder in set(self._sources) - here:
            self._kernel.unwatch(self._sources.pop(folder).parent)
        for folder in self._awaited - here:
            self._await_no_longer(folder)
        for folder in here - set(self._sources):
            record = records.read(folder) or self._await(folder)
            if record is not None and self._kernel.watch(Path(record.source).parent):
                self._await_no_longer(folder)
                self._sources[folder] = Path(record.source)
                self._advance(folder)

    def _await(self, folder: Path) -> LogRecord | None:
        """Be told when a folder gets its record; the record, if it has come meanwhile."""
        if self._kernel.watch(folder):
            self._awaited.add(folder)
        return records.read(folder)

    def _await_no_longer(self, folder: Path) -> None:
        self._awaited.discard(folder)
        self._kernel.unwatch(folder)

    def _advance(self, folder: Path) -> None:
        try:
            copy.advance(folder)
        except OSError as error:
            log.warning("copying the log of container=%s is put off: %s", folder.name, error)


def is_written(path: Path) -> bool:
    """Whether the Engine has a log open: a lease is granted only when nobody writes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def has_work(root: Path) -> bool:
    """Whether any log of the root is being written."""
    found = filter(None, map(records.read, records.all_folders(root)))
    return any(is_written(Path(record.source)) for record in found)


def main(root: Path, lock: int) -> None:
    """Run, and run again if work came up just when the lock was given back."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # What a broken lease would send.
    while True:
        Logger(root).run()
        fcntl.flock(lock, fcntl.LOCK_UN)
        if not has_work(root):
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    main(Path(sys.argv[1]), int(sys.argv[2]))
