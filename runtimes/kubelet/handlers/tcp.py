"""Connect to a port and hang up."""

from __future__ import annotations

import socket

from runtimes.core import errors


def connect(host: str, port: int, timeout: float) -> None:
    """Connect within `timeout` seconds.

    Raises:
        Unavailable: nobody answers there.
    """
    try:
        socket.create_connection((host, port), timeout).close()
    except OSError as error:
        raise errors.Unavailable(f"connect to {host} port {port}: {error}") from error
