"""A hang is a failure: interrupt a test that takes too long, and give up on one that can't be."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_LAST_WORDS = 20.0
"""Seconds between the interruption and giving up."""
GAVE_UP = 1


class Hang(AssertionError):
    """A test that did not end; the traceback says where it waits."""


@contextmanager
def watched(patience: float, hung: Callable[[], None]) -> Iterator[None]:
    """Raise `Hang` in the main thread after `patience` seconds; later call `hung` and exit."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        del signum, frame
        raise Hang(f"hangs: it did not end within {patience:g} s; the last calls are shown")

    def give_up() -> None:
        hung()
        os._exit(GAVE_UP)

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, patience)
    timer = threading.Timer(patience + _LAST_WORDS, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
