"""Processes by identity: a pid is reused, a pid with its start time is not."""

from __future__ import annotations

import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the current boot.

    Attributes:
        pid: as seen from this process's pid namespace.
        start_ticks: clock ticks between boot and its start.
    """

    pid: int
    start_ticks: int

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie doesn't."""
        found = stat(self.pid)
        return found is not None and found.start_ticks == self.start_ticks and not found.zombie

    def open(self) -> int | None:
        """A pidfd that certainly means this process; None when it is gone. The caller closes it."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except OSError:
            return None
        if self.alive:
            return descriptor
        os.close(descriptor)
        return None

    def catches(self, number: int) -> bool:
        """Whether it has a handler for a signal now; also if it is gone."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return True
        caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
        return bool(int(caught.split()[1], 16) >> (number - 1) & 1)

    def kill(self, number: int = signal.SIGKILL) -> bool:
        """Send a signal; False when the process is gone."""
        descriptor = self.open()
        if descriptor is None:
            return False
        try:
            signal.pidfd_send_signal(descriptor, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(descriptor)
        return True


@dataclass(frozen=True, slots=True)
class Stat:
    """What /proc/PID/stat says.

    Attributes:
        session: id of its session.
        start_ticks: as in `Process`.
    """

    pid: int
    parent: int
    session: int
    start_ticks: int
    zombie: bool


def stat(pid: int) -> Stat | None:
    """Look at a process; None when there is none."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        text = os.read(descriptor, 4096)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    fields = text[text.rindex(b")") + 2 :].split()
    return Stat(
        pid=pid,
        parent=int(fields[1]),
        session=int(fields[3]),
        start_ticks=int(fields[19]),
        zombie=fields[0] in {b"Z", b"X"},
    )


def identify(pid: int) -> Process | None:
    """Give the process that has this pid now its identity; None when it is gone."""
    found = stat(pid)
    return None if found is None or found.zombie else Process(pid, found.start_ticks)


def everyone() -> list[Stat]:
    """Look at every process of the host."""
    pids = (int(entry.name) for entry in os.scandir(_PROC) if entry.name.isdigit())
    return [found for pid in pids if (found := stat(pid)) is not None]


def descendants(roots: Iterable[int], processes: Iterable[Stat]) -> set[int]:
    """The pids in `roots` and all their children's children among `processes`."""
    children: dict[int, list[int]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    todo = list(roots)
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo.extend(children.get(pid, ()))
    return found


def mentioning(word: str) -> list[int]:
    """The pids whose command line has `word` as one of its arguments."""
    wanted = word.encode()
    return [pid for pid in _pids() if wanted in _command_line(pid).split(b"\0")]


def _pids() -> list[int]:
    return [int(entry.name) for entry in os.scandir(_PROC) if entry.name.isdigit()]


def _command_line(pid: int) -> bytes:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def wait_gone(processes: Iterable[Process], timeout: float) -> bool:
    """Wait until all of them have ended; False when `timeout` seconds passed before that."""
    poll = select.poll()
    waiting = set()
    until = time.monotonic() + timeout
    try:
        for process in processes:
            descriptor = process.open()
            if descriptor is not None:
                waiting.add(descriptor)
                poll.register(descriptor, select.POLLIN)
        while waiting:
            left = until - time.monotonic()
            if left < 0:
                return False
            for descriptor, _ in poll.poll(left * 1000):
                poll.unregister(descriptor)
                waiting.discard(descriptor)
                os.close(descriptor)
        return True
    finally:
        for descriptor in waiting:
            os.close(descriptor)


def wait_any_gone(processes: Iterable[Process], timeout: float) -> bool:
    """Wait until one of them has ended; False when `timeout` seconds passed before that.

    True at once when one is gone already; False, after `timeout`, when there are none.
    """
    poll = select.poll()
    descriptors = [process.open() for process in processes]
    try:
        if None in descriptors:
            return True
        for descriptor in descriptors:
            if descriptor is not None:
                poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(max(0.0, timeout) * 1000))
    finally:
        for descriptor in descriptors:
            if descriptor is not None:
                os.close(descriptor)
