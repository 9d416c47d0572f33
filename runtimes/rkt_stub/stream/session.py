"""`StreamSession` of a command that rkt runs: on pipes, or on a terminal of ours."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import termios
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.streaming.session import Channel, Size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.streaming.session import StreamSession
    from runtimes.rkt_stub.program.rkt import Rkt

_END_OF_FILE = b"\x04"


@dataclass(slots=True)
class Inlet:
    """Owns the descriptor; -1 once it is closed."""

    fd: int
    tty: bool = False

    def finish(self) -> None:
        if self.tty and self.fd >= 0:
            os.write(self.fd, _END_OF_FILE)
        self.close()

    def close(self) -> None:
        descriptor, self.fd = self.fd, -1
        if descriptor >= 0:
            os.close(descriptor)


@dataclass(slots=True)
class Outlet:
    """One stream without frames."""

    fd: int
    channel: Channel

    def decode(self, data: bytes) -> Iterable[tuple[Channel, bytes]]:
        return ((self.channel, data),) if data else ()

    def close(self) -> None:
        descriptor, self.fd = self.fd, -1
        if descriptor >= 0:
            os.close(descriptor)


@dataclass(slots=True)
class Session:
    """Implements `StreamSession`."""

    process: subprocess.Popen[bytes]
    stdin: Inlet | None
    outputs: tuple[Outlet, ...]
    terminal: int = -1
    _closing: ExitStack = field(default_factory=ExitStack)

    def resize(self, width: int, height: int) -> None:
        if self.terminal >= 0:
            _set_size(self.terminal, Size(width, height))

    def wait(self, timeout: float | None = None) -> int:
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise errors.DeadlineExceeded(
                f"wait for a command in rkt: it runs longer than {timeout} s"
            ) from error
        return code if code >= 0 else 128 - code

    def close(self) -> None:
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_command(
    rkt: Rkt, words: Sequence[str], *, tty: bool, stdin: bool, size: Size | None = None
) -> StreamSession:
    """Start it; rkt stays its ancestor."""
    if tty:
        return _on_terminal(rkt, words, stdin=stdin, size=size)
    return _on_pipes(rkt, words, stdin=stdin)


def _on_pipes(rkt: Rkt, words: Sequence[str], *, stdin: bool) -> Session:
    process = subprocess.Popen(
        rkt.argv(*words),
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=rkt.environment(),
        start_new_session=True,
        cwd="/",
    )
    inlet = Inlet(_detach(process.stdin)) if stdin else None
    outlets = (
        Outlet(_detach(process.stdout), Channel.STDOUT),
        Outlet(_detach(process.stderr), Channel.STDERR),
    )
    return _closing(Session(process, inlet, outlets))


def _detach(stream: object) -> int:
    """Take the descriptor out of a file of `subprocess`."""
    descriptor = os.dup(stream.fileno())  # type: ignore[attr-defined]  # asked for as a pipe
    stream.close()  # type: ignore[attr-defined]  # as above
    return descriptor


def _on_terminal(rkt: Rkt, words: Sequence[str], *, stdin: bool, size: Size | None) -> Session:
    master, slave = os.openpty()
    if size is not None:
        _set_size(master, size)
    try:
        process = subprocess.Popen(
            rkt.argv(*words),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=rkt.environment(),
            cwd="/",
            preexec_fn=_take_terminal,  # noqa: PLW1509 - two system calls
        )
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    inlet = Inlet(os.dup(master), tty=True) if stdin else None
    outlet = Outlet(os.dup(master), Channel.STDOUT)
    session = Session(process, inlet, (outlet,), master)
    session._closing.callback(os.close, master)  # noqa: SLF001 - of this file
    return _closing(session)


def _set_size(terminal: int, size: Size) -> None:
    packed = struct.pack("HHHH", size.height, size.width, 0, 0)
    with suppress(OSError):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, packed)


def _take_terminal() -> None:
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _closing(session: Session) -> Session:
    closing = session._closing  # noqa: SLF001 - of this file
    closing.callback(_end, session.process, tty=session.terminal >= 0)
    for end in (session.stdin, *session.outputs):
        if end is not None:
            closing.callback(end.close)
    return session


def _end(process: subprocess.Popen[bytes], *, tty: bool) -> None:
    """What still runs hangs up with its terminal, or reads the end of its input."""
    if tty and process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGHUP)
