"""Somebody at a terminal: types into a command, and reads what it shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

PATIENCE = 40.0


class Typist:
    """A command with a terminal of its own.

    Attributes:
        shown: all that it has written.
    """

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (80, 24),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._fd, self._child = pty.openpty()
        self.resize(*size)
        self._before = termios.tcgetattr(self._child)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=self._child,
            stdout=self._child,
            stderr=self._child,
            env=env,
        )
        self.shown = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._fd)
        os.close(self._child)

    def type(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def see(self, text: bytes) -> bytes:
        """Wait until `text` is shown, and forget everything up to it; give that."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} never came; shown: {self.shown!r}"
            if select.select([self._fd], [], [], left)[0]:
                self.shown += os.read(self._fd, 65536)
        before, _, self.shown = self.shown.partition(text)
        return before + text

    def leave(self) -> int:
        """Wait until the command has ended, reading on; give its exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it doesn't end; shown: {self.shown!r}"
            if select.select([self._fd], [], [], 0.02)[0]:
                self.shown += os.read(self._fd, 65536)
        while select.select([self._fd], [], [], 0)[0]:
            self.shown += os.read(self._fd, 65536)
        return self.process.returncode

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was before the command."""
        return termios.tcgetattr(self._child) == self._before
