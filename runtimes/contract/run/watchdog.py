"""A hang is a failure: interrupt what takes too long, and give up on what can't be interrupted."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_AGAIN = 10.0
"""Seconds from one interruption to the next: what is removed after a hang may hang, too."""
_LAST_WORDS = 60.0
"""Seconds between the first interruption and giving up."""
GAVE_UP = 1


class Hang(AssertionError):
    """Something that did not end; the traceback says where it waits."""


@contextmanager
def interrupted(patience: float) -> Iterator[None]:
    """Raise `Hang` in the main thread after `patience` seconds, and again while it goes on."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        raise Hang(f"hangs: it did not end within {patience:g} s; the last calls are shown")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, patience, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def watched(patience: float, hung: Callable[[], None]) -> Iterator[None]:
    """As `interrupted`; where that doesn't help, call `hung` and exit."""

    def give_up() -> None:
        hung()
        os._exit(GAVE_UP)

    timer = threading.Timer(patience + _LAST_WORDS, give_up)
    timer.daemon = True
    timer.start()
    try:
        with interrupted(patience):
            yield
    finally:
        timer.cancel()
