"""Other processes that have the backend open and call what they are told, until they are killed."""

from __future__ import annotations

import os
import pickle
import select
import signal
import socket
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.contract.crash import callee

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 60.0
_LOADED = ("runtimes", "grpc")


class Nursery:
    """Where callers come from; `open_service` makes what they call."""

    def __init__(self, open_service: Callable[[], Any]) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", callee.__name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        try:
            self._tell((_modules(), open_service))
        except BaseException:
            self.close()
            raise

    def caller(self) -> Caller:
        """A new one, which has opened the backend."""
        ours, theirs = Pipe()
        with theirs:
            socket.send_fds(self._socket, [b"\0"], [theirs.fileno()])
        return Caller(ours, int.from_bytes(self._socket.recv(4), "big"))

    def close(self) -> None:
        self._socket.close()
        self._process.wait()

    def _tell(self, what: object) -> None:
        with Connection(os.dup(self._socket.fileno())) as connection:
            try:
                connection.send(what)
            except (pickle.PicklingError, AttributeError, TypeError) as error:
                pytest.fail(
                    f"the subject can't be opened by another process: {error}; let Subject.open be"
                    " a function of a module, a method, or functools.partial of one"
                )
            assert _received(connection) == callee.READY


class Caller:
    """One process; it may be killed at any moment."""

    def __init__(self, connection: Connection, pid: int) -> None:
        self._connection = connection
        self._pidfd = os.pidfd_open(pid)
        assert _received(connection) == callee.READY

    def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - the method's answer
        """Call and wait for the answer, or raise what was raised."""
        self.begin(method, *arguments)
        answer = _received(self._connection)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def begin(self, method: str, *arguments: object) -> None:
        """Return once the call has begun."""
        self._connection.send((method, arguments))
        assert _received(self._connection) == callee.BEGUN

    def answers_within(self, seconds: float) -> bool:
        """Whether what was begun ends in that time."""
        return self._connection.poll(seconds)

    def kill(self) -> None:
        """Kill -9, and wait until it is gone. Idempotent."""
        if self._connection.closed:
            return
        signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        select.select([self._pidfd], [], [], PATIENCE)
        os.close(self._pidfd)
        self._connection.close()


def _received(connection: Connection) -> object:
    if not connection.poll(PATIENCE):
        pytest.fail(f"a caller in a process of its own didn't answer within {PATIENCE:g} s")
    try:
        return connection.recv()
    except EOFError:
        pytest.fail("a caller in a process of its own ended; its complaint is on stderr")


def _modules() -> list[str]:
    """What a backend has loaded here, and would load there in each caller anew."""
    return [name for name in sys.modules if name.startswith(_LOADED) and not _is_ours(name)]


def _is_ours(name: str) -> bool:
    return name.startswith("runtimes.contract") or ".tests" in name
