"""Run a command in an app to its end.

rkt stays the command's ancestor, so that all of it ends with a kill of rkt's whole tree.
"""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.host import process
from runtimes.core.pod.status import ExecResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.rkt_stub.program.rkt import Rkt

LIMIT_BYTES = 16 * 1024 * 1024


def run(rkt: Rkt, words: Sequence[str], timeout: int) -> ExecResult:
    """`timeout` in seconds, 0 for none.

    Raises:
        DeadlineExceeded: the time was up; what the command started has been killed.
    """
    patience = deadline.remaining(float(timeout) if timeout > 0 else None)
    running = subprocess.Popen(
        rkt.argv(*words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=rkt.environment(),
        start_new_session=True,
        cwd="/",
    )
    with running:
        try:
            stdout, stderr = running.communicate(timeout=patience)
        except subprocess.TimeoutExpired as error:
            kill_tree(running.pid)
            raise errors.DeadlineExceeded(
                f"{' '.join(words[:2])}: it ran longer than {patience:g} s and was killed with its"
                " children"
            ) from error
    return ExecResult(running.returncode, stdout[:LIMIT_BYTES], stderr[:LIMIT_BYTES])


def kill_tree(pid: int) -> None:
    """Kill a process and all its descendants: first stopped, so that none can make another."""
    stopped: set[process.Process] = set()
    while fresh := _family(pid) - stopped:
        for one in fresh:
            one.kill(signal.SIGSTOP)
        stopped |= fresh
    for one in stopped:
        one.kill()


def _family(pid: int) -> set[process.Process]:
    everyone = process.everyone()
    pids = process.descendants([pid], everyone)
    return {
        process.Process(one.pid, one.start_ticks)
        for one in everyone
        if one.pid in pids and not one.zombie
    }
