"""Connect the user's stdin, stdout and stderr with a process in a container.

terminal or pipe -> stdin        stdout, stderr -> this process's own
"""

from __future__ import annotations

import os
import select
from contextlib import ExitStack
from itertools import chain
from typing import TYPE_CHECKING

from runtimes.cli import terminal
from runtimes.cli.command import is_terminal
from runtimes.cli.detach import DetachKeys
from runtimes.cli.messages import note
from runtimes.client.exchange import Source, exchange
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from runtimes.core.streaming.session import Size, StreamSession

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_TARGETS = {Channel.STDOUT: _STDOUT, Channel.STDERR: _STDERR}


def interact(
    session: StreamSession,
    *,
    tty: bool,
    detachable: bool = False,
    earlier: Iterable[tuple[Channel, bytes]] = (),
) -> int:
    """Carry bytes until the process has ended; return its exit code.

    A terminal on stdin is raw meanwhile if the process has a `tty`, so Ctrl-C is the process's.
    What came `earlier` is shown once it is: who sees the program's prompt types to the program.

    Raises:
        Detached: Ctrl-P Ctrl-Q was pressed, and `detachable` is set.
    """
    with ExitStack() as stack:
        stack.enter_context(session)
        typed = session.stdin is not None and tty and os.isatty(_STDIN)
        watch = _watch_signals(session, stack, tty=tty)
        if typed:
            stack.enter_context(terminal.raw(_STDIN))
        keys = DetachKeys() if typed and detachable else None
        source = Source(_STDIN, keys) if session.stdin is not None else None
        for channel, data in chain(earlier, exchange(session, source, watch=watch)):
            write_channel(channel, data)
        return session.wait()


def user_size() -> Size | None:
    """That of the user's terminal; None without one."""
    return terminal.size(_STDOUT, _STDIN)


def _watch_signals(
    session: StreamSession, stack: ExitStack, *, tty: bool
) -> Mapping[int, Callable[[], None]]:
    """Let signals be heard while descriptors are waited for, and pass a terminal's size on."""

    def tell() -> None:
        measured = user_size() if tty else None
        if measured is not None:
            session.resize(*measured)

    def came() -> None:
        drain()
        tell()

    fd, drain = stack.enter_context(terminal.signalled())
    tell()
    return {fd: came}


def usable_tty(*, stdin: bool, tty: bool) -> bool:
    """Whether the process gets a terminal; said where it doesn't, though one was asked for.

    A pipe's end reaches a program by its terminal only if that one's line discipline is at work,
    so a pipe is passed on as it is, as kubectl does.
    """
    if tty and stdin and not is_terminal(_STDIN):
        note("stdin is no terminal, so the container gets none")
        return False
    return tty


def write_channel(channel: Channel, data: bytes) -> None:
    """Write what came on a channel where the user expects it."""
    write_all(_TARGETS[channel], data)


def write_all(fd: int, data: bytes) -> None:
    """Write everything, also where somebody else has made the descriptor non-blocking."""
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:
            poll = select.poll()
            poll.register(fd, select.POLLOUT)
            poll.poll()
