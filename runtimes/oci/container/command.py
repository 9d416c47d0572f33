"""A command in a container, from its start to its exit code."""

from __future__ import annotations

import fcntl
import os
import select
import struct
import termios
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.oci.container import exec_tree, launch
from runtimes.oci.runtime.refusal import refusal
from runtimes.oci.stream.pump import PUMP

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

    from runtimes.core.host.process import Process
    from runtimes.oci.stream.ends import End
    from runtimes.oci.stream.pump import Flow

_START_SECONDS = 120.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.02


@dataclass(slots=True)
class Command:
    """The runtime's program that runs one command; the pump's thread collects it.

    Attributes:
        action: what it is for, in words.
        init: the container's.
        terminal: where the command has one.
    """

    action: str
    runner: subprocess.Popen[bytes]
    files: launch.Files
    init: Process | None
    terminal: End | None = None
    _ended: threading.Event = field(default_factory=threading.Event)

    def await_start(self, complaints: Callable[[], str]) -> None:
        """Return once the command runs, or has run.

        Raises:
            InvalidArgument: its program can't be executed.
            Internal: the runtime refuses; the message is its own.
            DeadlineExceeded: the runtime didn't come so far in time.
        """
        patience = deadline.remaining(_START_SECONDS)
        if not self._appears(_START_SECONDS if patience is None else patience):
            raise errors.DeadlineExceeded(f"{self.action}: it didn't start in time")
        if not self.files.pid.exists():
            raise refusal(self.action, complaints().strip())

    def _appears(self, timeout: float) -> bool:
        """Wait for the pid file, or for the runner's end; False after `timeout` seconds.

        The runtime takes 5 to 50 ms; the longer it takes, the more rarely the file is looked for.
        """
        ended = os.pidfd_open(self.runner.pid)
        began = time.monotonic()
        try:
            poll = select.poll()
            poll.register(ended, select.POLLIN)
            while not self.files.pid.exists():
                passed = time.monotonic() - began
                if passed > timeout:
                    return False
                pause = min(max(passed / 8, _FIRST_PAUSE), _LONGEST_PAUSE)
                if poll.poll(pause * 1000):
                    break
        finally:
            os.close(ended)
        return True

    def kill(self) -> None:
        """End it, for a start that failed."""
        exec_tree.kill(self.runner, self.files.pid, self.init)

    def watch(self, flows: Sequence[Flow] = ()) -> None:
        """Collect it when it ends, which also ends the flows."""
        PUMP.when_ended(self.runner.pid, self._collect, tuple(flows))

    def _collect(self) -> None:
        self.runner.wait()
        self.files.remove()
        self._ended.set()

    def resize(self, width: int, height: int) -> None:
        if self.terminal is not None:
            with suppress(OSError):  # it is closed, or the command has ended
                size = struct.pack("HHHH", height, width, 0, 0)
                fcntl.ioctl(self.terminal.fd, termios.TIOCSWINSZ, size)

    def close(self) -> None:
        """Let go of the terminal; once nobody else holds it, the command gets SIGHUP."""
        if self.terminal is not None:
            self.terminal.close()

    def wait(self, timeout: float | None) -> int:
        if not self._ended.wait(deadline.remaining(timeout)):
            raise errors.DeadlineExceeded(f"{self.action}: it still runs")
        return launch.exit_code(self.runner.returncode)
