"""Send a request on a connection of its own, and wait for the head of its answer."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.hops import Layer, hop
from runtimes.docker_legacy.call import Call
from runtimes.docker_legacy.wire.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from runtimes.docker_legacy.wire.connection import Connection

VERSION = Call(what="ask for the Engine's version", method="GET", path="/version")
CLOSE = {"Connection": "close"}
_PIECE = 1 << 20
UPGRADE = {"Connection": "Upgrade", "Upgrade": "tcp"}


def begin(  # noqa: PLR0913 - what makes a request, by name
    connection: Connection,
    call: Call,
    *,
    prefix: str = "",
    headers: Mapping[str, str] = CLOSE,
    wait: float | None = None,
    forget: Callable[[], None] = lambda: None,
) -> Incoming:
    """Send `call` and read the head of the answer; on an error the connection is closed.

    `prefix` is the API's version, as the path begins; `wait` the seconds for the head, None for
    no bound; `forget` is called when the answer is closed.

    Raises:
        TimeoutError: nothing came for `wait` seconds.
        Unavailable: the Engine went away.
    """
    with ExitStack() as undo, hop(Layer.HTTP, f"{call.method} {call.path}", connection.endpoint):
        undo.callback(connection.close)
        try:
            if call.upload is None:
                connection.send(_head(call, prefix, connection.endpoint.authority, headers))
            else:
                _upload(connection, call, call.upload, prefix)
        except OSError as error:
            raise errors.Unavailable(
                f"{call.what}: the Engine at {connection.endpoint} cut the connection "
                f"({error.strerror or error}); is it restarting?"
            ) from error
        incoming = Incoming(connection, call.what, wait, forget)
        undo.pop_all()
        return incoming


def _upload(connection: Connection, call: Call, path: Path, prefix: str) -> None:
    """Send a file; an Engine that refuses it in its middle has said why, which is read next.

    Raises:
        InvalidArgument: it can't be read.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise errors.InvalidArgument(f"{call.what}: {error.strerror}") from error
    with file:
        size = os.fstat(file.fileno()).st_size
        headers = {**CLOSE, "Content-Type": "application/x-tar", "Content-Length": str(size)}
        connection.send(_head(call, prefix, connection.endpoint.authority, headers))
        with suppress(BrokenPipeError, ConnectionResetError):
            while piece := file.read(_PIECE):
                connection.send(piece)


def _head(call: Call, prefix: str, authority: str, headers: Mapping[str, str]) -> bytes:
    body = call.encoded()
    lines = [
        f"{call.method} {prefix}{call.target} HTTP/1.1",
        f"Host: {authority}",
        "User-Agent: runtimes",
        *(f"{name}: {value}" for name, value in {**headers, **call.headers}.items()),
    ]
    if body or (call.method == "POST" and call.upload is None):
        lines.append(f"Content-Length: {len(body)}")
    if body:
        lines.append("Content-Type: application/json")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
