"""Another process that has the backend open and calls what it is told, until it is killed.

It is told by pickles over a pair of sockets that only the two have. The program is
``python -m runtimes.contract.crash.caller DESCRIPTOR``.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 60.0
_READY = "ready"
_BEGUN = "begun"


class Caller:
    """One such process; `open_service` makes what it calls."""

    def __init__(self, open_service: Callable[[], Any]) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self._send(open_service)
        assert self._received() == _READY

    def call(self, method: str, *arguments: object) -> Any:  # noqa: ANN401 - the method's answer
        """Call and wait for the answer, or raise what was raised."""
        self.begin(method, *arguments)
        return self.answer()

    def begin(self, method: str, *arguments: object) -> None:
        """Return once the call has begun."""
        self._send((method, arguments))
        assert self._received() == _BEGUN

    def answer(self) -> Any:  # noqa: ANN401 - the method's answer
        """Wait for the answer to what was begun, or raise what was raised."""
        answer = self._received()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def answers_within(self, seconds: float) -> bool:
        """Whether what was begun ends in that time."""
        return self._connection.poll(seconds)

    def kill(self) -> None:
        """Kill -9. Idempotent."""
        self._process.kill()
        self._process.wait()
        self._connection.close()

    def _send(self, what: object) -> None:
        try:
            self._connection.send(what)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            self.kill()
            pytest.fail(
                f"the subject can't be opened by another process: {error}; let Subject.open be a"
                " function of a module, a method, or functools.partial of one"
            )

    def _received(self) -> object:
        if not self._connection.poll(PATIENCE):
            self.kill()
            pytest.fail(f"a caller in a process of its own didn't answer within {PATIENCE:g} s")
        try:
            return self._connection.recv()
        except EOFError:
            pytest.fail("a caller in a process of its own ended; its complaint is on stderr")


def serve(connection: Connection) -> None:
    """Open what is asked for, then call until killed, or until nobody is there to answer."""
    try:
        with connection.recv()() as service:
            connection.send(_READY)
            while True:
                method, arguments = connection.recv()
                connection.send(_BEGUN)
                connection.send(_called(service, method, arguments))
    except (EOFError, ConnectionError):
        return


def _called(service: object, method: str, arguments: tuple[object, ...]) -> object:
    try:
        return getattr(service, method)(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other process judges it
        return error


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
