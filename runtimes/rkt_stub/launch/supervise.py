"""The process beside each pod: runs rkt, writes its console into CRI logs, notes the end.

    python -I -m runtimes.rkt_stub.launch.supervise FOLDER

Both streams of an app come on one console, so its whole log is of the stream ``stdout``. Apps of
`rkt app` have logs of their own, see `follow`.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.logs.writer import LogWriter
from runtimes.rkt_stub.launch.follow import Follower
from runtimes.rkt_stub.launch.unit import ALIVE, ENDED, PLAN, STDERR, replace
from runtimes.rkt_stub.program.run_prepared import console_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LOOKED_AT, _PAUSE = 1.0, 0.01
_OF_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}
"""Ignored by the interpreter itself, and restored by `subprocess`."""


def main(folder: Path) -> None:
    """Do it, unless another supervisor does or did; the pod ends when rkt does."""
    if not _is_first(folder) or (folder / ENDED).exists():
        return
    plan = json.loads((folder / PLAN).read_bytes())
    with ExitStack() as closing:
        logs = {
            app: closing.enter_context(LogWriter(Path(path))) for app, path in plan["logs"].items()
        }
        stderr = closing.enter_context((folder / STDERR).open("wb"))
        if plan["follow"]:
            closing.enter_context(following(Path(plan["follow"])))
        rkt = closing.enter_context(
            subprocess.Popen(
                plan["argv"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=plan["environment"],
                cwd="/",
            )
        )
        copy(rkt.stdout or (), logs)
        code = rkt.wait()
    replace(folder / ENDED, {"exit_code": code, "finished_at_ns": time.time_ns()})


def _is_first(folder: Path) -> bool:
    """Take the lock, to hold it to the end; who only looks at it lets go of it at once."""
    alive = os.open(folder / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + _LOOKED_AT
    while True:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _settle_signals() -> None:
    """Pods are born with every signal at its default, whatever whoever called us ignores.

    SIGIO, which a broken lease sends, is caught rather than ignored: a handler ends with exec.
    """
    for number in signal.valid_signals() - _OF_PYTHON:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGIO, lambda *_: None)


@contextmanager
def following(folder: Path) -> Iterator[None]:
    """Pass on rkt's own log files during the block, to their ends."""
    receive, send = os.pipe()
    thread = threading.Thread(target=Follower(folder).run, args=(receive,))
    thread.start()
    try:
        yield
    finally:
        os.close(send)
        thread.join()
        os.close(receive)


def copy(console: Iterable[bytes], logs: dict[str, LogWriter]) -> None:
    """Give each app its lines; those of the pod's own programs are left out.

    A log that can't be written loses lines; the pod goes on.
    """
    for line in console:
        found = console_line(line.rstrip(b"\r\n"))
        if found is not None and found[0] in logs:
            with suppress(OSError):
                logs[found[0]].write("stdout", found[1] + b"\n")


if __name__ == "__main__":
    _settle_signals()
    main(Path(sys.argv[1]))
