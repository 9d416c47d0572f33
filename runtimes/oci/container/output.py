"""Collect what a command writes until it ends, and not a moment longer."""

from __future__ import annotations

import os
import select
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

LIMIT = 16 << 20
"""Bytes kept of each stream; what comes after is read and dropped, so that the writer goes on."""

_CHUNK = 65536


class Collector:
    """Reads stdout and stderr of one process. For one thread."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        assert process.stdout is not None  # noqa: S101 -- both are pipes
        assert process.stderr is not None  # noqa: S101
        self._out = process.stdout.fileno()
        self._buffers = {self._out: bytearray(), process.stderr.fileno(): bytearray()}
        for descriptor in self._buffers:
            os.set_blocking(descriptor, False)

    @property
    def stdout(self) -> bytes:
        return bytes(self._buffers[self._out])

    @property
    def stderr(self) -> bytes:
        return next(bytes(data) for fd, data in self._buffers.items() if fd != self._out)

    def run(self, timeout: float | None) -> bool:
        """Read until the process has ended; False when `timeout` seconds passed before that.

        A child that keeps the pipes open doesn't matter: what is in them at the end is taken.
        """
        until = None if timeout is None else time.monotonic() + timeout
        ended = os.pidfd_open(self._process.pid)
        try:
            poll = select.poll()
            for descriptor in (ended, *self._buffers):
                poll.register(descriptor, select.POLLIN)
            while not self._step(poll, ended, until):
                if until is not None and time.monotonic() >= until:
                    return False
        finally:
            os.close(ended)
        self._process.wait()
        return True

    def _step(self, poll: select.poll, ended: int, until: float | None) -> bool:
        """Take what is there; True once the process has ended."""
        left = None if until is None else max(0.0, until - time.monotonic()) * 1000
        ready = [descriptor for descriptor, _ in poll.poll(left)]
        over = ended in ready
        for descriptor in self._buffers if over else ready:
            if not self._take(descriptor, everything=over):
                poll.unregister(descriptor)
        return over

    def _take(self, descriptor: int, *, everything: bool) -> bool:
        """Read once, or all that is there; False at the end of the stream."""
        while True:
            try:
                data = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                return True
            if not data:
                return everything
            kept = self._buffers[descriptor]
            kept += data[: LIMIT - len(kept)]
            if not everything:
                return True
