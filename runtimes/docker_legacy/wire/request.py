"""Send a request on a connection of its own, and wait for the head of its answer."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call
from runtimes.docker_legacy.wire.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runtimes.docker_legacy.wire.connection import Connection

VERSION = Call(what="ask for the Engine's version", method="GET", path="/version")
CLOSE = {"Connection": "close"}
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
    with ExitStack() as undo:
        undo.callback(connection.close)
        try:
            connection.send(_head(call, prefix, connection.endpoint.authority, headers))
        except OSError as error:
            raise errors.Unavailable(
                f"{call.what}: the Engine at {connection.endpoint} cut the connection "
                f"({error.strerror or error}); is it restarting?"
            ) from error
        incoming = Incoming(connection, call.what, wait, forget)
        undo.pop_all()
        return incoming


def _head(call: Call, prefix: str, authority: str, headers: Mapping[str, str]) -> bytes:
    body = call.encoded()
    lines = [
        f"{call.method} {prefix}{call.target} HTTP/1.1",
        f"Host: {authority}",
        "User-Agent: runtimes",
        *(f"{name}: {value}" for name, value in {**headers, **call.headers}.items()),
    ]
    if body or call.method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    if body:
        lines.append("Content-Type: application/json")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
