"""The user's terminal while a process in a container has it, and given back on every way out."""

from __future__ import annotations

import os
import signal
import termios
import tty
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from runtimes.core.streaming.session import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ENDINGS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def size(*fds: int) -> Size | None:
    """That of the first that is a terminal."""
    for fd in fds:
        with suppress(OSError):
            columns, lines = os.get_terminal_size(fd)
            if columns and lines:
                return Size(columns, lines)
    return None


@contextmanager
def raw(fd: int) -> Iterator[None]:
    """Pass every key on as it is, inside; signals to end become SystemExit."""
    with _signals_raise():
        before = termios.tcgetattr(fd)
        try:
            tty.setraw(fd, termios.TCSANOW)
            yield
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, before)


@contextmanager
def keys_at_once(fd: int) -> Iterator[None]:
    """Give keys without waiting for a line's end, and don't echo them, inside; Ctrl-C works."""
    with _signals_raise():
        before = termios.tcgetattr(fd)
        try:
            tty.setcbreak(fd, termios.TCSANOW)
            yield
        finally:
            termios.tcsetattr(fd, termios.TCSANOW, before)


@contextmanager
def signalled() -> Iterator[tuple[int, Callable[[], None]]]:
    """Give a descriptor that is readable when a signal has come, and what empties it.

    A change of the terminal's size is one. Who waits for descriptors must wait for this one too:
    a signal's handler runs between steps of Python only, so one that comes just before the wait
    begins would be heard after it.
    """
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def drain() -> None:
        with suppress(BlockingIOError):
            os.read(reader, 4096)

    before = signal.signal(signal.SIGWINCH, lambda _number, _frame: None)
    woken = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader, drain
    finally:
        signal.set_wakeup_fd(woken)
        signal.signal(signal.SIGWINCH, before)
        os.close(reader)
        os.close(writer)


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Turn the default ends by a signal into exceptions, so that `finally` comes to its turn."""
    mortal = [number for number in _ENDINGS if signal.getsignal(number) is signal.SIG_DFL]
    for number in mortal:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in mortal:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, frame: object) -> NoReturn:
    del frame
    raise SystemExit(128 + number)
