"""A command on a terminal: crun makes one in the app's namespaces, and it is joined to ours."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import subprocess
import tempfile
import termios
import tty
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.places import PodPlace

_BUFFER = 4096


def run(pod: PodPlace, process: int, container: str) -> int:
    """Run what the descriptor `process` describes, to its end; its exit code."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.settimeout(30)
        server.bind(f"{folder}/console")
        server.listen()
        words = (f"--console-socket={folder}/console", f"--process=/proc/self/fd/{process}")
        crun = subprocess.Popen(pod.crun("exec", *words, container), pass_fds=(process,))
        with server.accept()[0] as connection:
            inner = socket.recv_fds(connection, 64, 1)[1][0]
    signal.signal(signal.SIGWINCH, lambda *_: _copy_size(inner))
    _copy_size(inner)
    tty.setraw(0)
    with suppress(OSError):  # of a terminal that nobody has open any more
        _pump(inner)
    code = crun.wait()
    return code if code >= 0 else 128 - code


def _copy_size(inner: int) -> None:
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(inner, termios.TIOCSWINSZ, size)


def _pump(inner: int) -> None:
    while True:
        ready = select.select([0, inner], [], [])[0]
        if 0 in ready:
            os.write(inner, os.read(0, _BUFFER))
        if inner in ready:
            os.write(1, os.read(inner, _BUFFER))
