"""Processes that outlive the command that starts them, known again by pid and start time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

POLL = 0.05
_START_TIME = 19  # of the fields after the command's name


class EngineFailed(Exception):
    """An engine can't be started; the message says why and shows the end of its log."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A pid is reused; a pid with its start time isn't."""

    pid: int
    start: int

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """Identify a live process; None when there is none."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in ("Z", "X") else cls(pid, int(fields[_START_TIME]))

    @classmethod
    def load(cls, path: Path) -> ProcessId | None:
        """Read what `save` wrote; None when there is nothing of use."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)))

    @property
    def alive(self) -> bool:
        return ProcessId.of(self.pid) == self

    def kill(self, timeout: float = 10.0) -> None:
        """Kill it and wait until it is gone; one that is gone is fine."""
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)
        wait_for(lambda: not self.alive, timeout, lambda: f"process {self.pid} to end")


def launch(argv: Sequence[str], log: Path) -> ProcessId:
    """Start a process in a session of its own, its output in `log`.

    Raises:
        EngineFailed: it ended at once.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    identity = ProcessId.of(child.pid)
    if identity is None:
        raise EngineFailed(f"{argv[0]} ended at once{tail(log)}")
    return identity


def wait_for(done: Callable[[], bool], timeout: float, what: Callable[[], str]) -> None:
    """Poll until `done`.

    Raises:
        EngineFailed: it wasn't within `timeout` seconds; `what` was waited for.
    """
    end = time.monotonic() + timeout
    while not done():
        if time.monotonic() > end:
            raise EngineFailed(f"waited {timeout:.0f} s for {what()}")
        time.sleep(POLL)


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, to append to a message."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return f"; the end of {log}:\n" + "\n".join(text.splitlines()[-lines:])
