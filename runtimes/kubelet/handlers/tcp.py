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
        raise errors.Unavailable(refusal(host, port, error)) from error


def refusal(host: str, port: int, error: OSError) -> str:
    """Say why nobody answered, as Go does: those who read kubelet's events know it so."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if isinstance(error, TimeoutError):
        return f"dial tcp {address}: i/o timeout"
    return f"dial tcp {address}: connect: {(error.strerror or str(error)).lower()}"
