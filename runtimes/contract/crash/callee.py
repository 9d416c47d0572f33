"""The other side of `runtimes.contract.crash.caller`: a program that forks a caller for each asked.

    python -m runtimes.contract.crash.callee DESCRIPTOR

It loads what the backend is made of, and opens nothing itself: a caller begins at once, and is a
process that nobody else works in.
"""

from __future__ import annotations

import importlib
import os
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

READY = "ready"
BEGUN = "begun"


def raise_callers(control: socket.socket) -> None:
    """Fork one for each descriptor that comes, until nobody is there to ask."""
    with Connection(os.dup(control.fileno())) as told:
        modules, open_service = told.recv()
        for name in modules:
            with suppress(ImportError):
                importlib.import_module(name)
        told.send(READY)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while descriptors := socket.recv_fds(control, 1, 1)[1]:
        pid = os.fork()
        if not pid:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            serve(Connection(descriptors[0]), open_service)
            return
        os.close(descriptors[0])
        control.sendall(pid.to_bytes(4, "big"))


def serve(connection: Connection, open_service: Callable[[], Any]) -> None:
    """Open it, then call what is asked for, until killed or until nobody is there to answer."""
    try:
        with open_service() as service:
            connection.send(READY)
            while True:
                method, arguments = connection.recv()
                connection.send(BEGUN)
                connection.send(_called(service, method, arguments))
    except (EOFError, ConnectionError):
        return


def _called(service: object, method: str, arguments: tuple[object, ...]) -> object:
    try:
        return getattr(service, method)(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other process judges it
        return error


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as control:
        raise_callers(control)
