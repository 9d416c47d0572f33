"""Serve a backend as a CRI socket from a process of its own, while a pod is run through it."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import IO

MODULE = "runtimes.history.recording.process"
_READY_SECONDS = 30.0
_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """Attributes:
    backend: that is served.
    config: the configuration file; None for the usual one.
    recording: the file that the process writes its hops to.
    """

    backend: str
    config: str | None
    recording: Path


@contextmanager
def serving(served: Served, socket: Path) -> Iterator[None]:
    """Serve at `socket` during the block.

    Raises:
        Unavailable: it doesn't come up.
    """
    with tempfile.TemporaryFile() as said:  # a pipe that nobody reads would stop it when full
        # in a session of its own: at Ctrl-C the pod's process still needs it to remove the pod
        process = subprocess.Popen(_argv(served, socket), stderr=said, start_new_session=True)
        try:
            _await(process, socket, said)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _argv(served: Served, socket: Path) -> Sequence[str]:
    config = () if served.config is None else ("--config", served.config)
    own = ("-b", served.backend, "--listen", f"unix://{socket}", *config)
    return (sys.executable, "-m", MODULE, str(served.recording), "serve", *own)


def _await(process: subprocess.Popen[bytes], socket: Path, said: IO[bytes]) -> None:
    """Wait until the path is there, which it is once calls are answered."""
    end = time.monotonic() + _READY_SECONDS
    while not socket.exists():
        if process.poll() is not None:
            said.seek(0)
            why = said.read().decode(errors="replace").strip()
            raise errors.Unavailable(f"serve for the pod's run: {why or 'the server ended'}")
        if time.monotonic() > end:
            raise errors.Unavailable(f"serve for the pod's run: not ready in {_READY_SECONDS:g} s")
        time.sleep(0.02)
