"""Commands in apps: to their end, and with streams; rkt stays their ancestor."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.host import tree
from runtimes.core.streaming.collect import finish
from runtimes.core.streaming.local import LocalSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod.status import ExecResult
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.rkt_stub.program.rkt import Rkt


def run(rkt: Rkt, words: Sequence[str], timeout: int) -> ExecResult:
    """Run it to its end; `timeout` in seconds, 0 for none.

    Raises:
        DeadlineExceeded: the time was up; what the command started has been killed.
    """
    patience = deadline.remaining(float(timeout) if timeout > 0 else None)
    until = None if patience is None else time.monotonic() + patience
    with _session(rkt, words, tty=False, stdin=False) as opened:
        result = finish(opened, until)
        if result is None:
            tree.kill({opened.pid}, ())
            raise errors.DeadlineExceeded(
                f"{' '.join(words[:2])}: it ran longer than {patience:g} s and was killed with its"
                " children"
            )
    return result


def open_command(
    rkt: Rkt, words: Sequence[str], *, tty: bool, stdin: bool, size: Size | None = None
) -> StreamSession:
    """Start it."""
    session = _session(rkt, words, tty=tty, stdin=stdin)
    if size is not None:
        session.resize(*size)
    return session


def _session(rkt: Rkt, words: Sequence[str], *, tty: bool, stdin: bool) -> LocalSession:
    return LocalSession(rkt.argv(*words), tty=tty, stdin=stdin, env=rkt.environment())
