"""Port forwarding without socat: connect to the loopback of a pod's network namespace.

Source: kubelet pkg/kubelet/dockershim/docker_streaming.go (nsenter and socat, IPv4 alone).
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors, netns

if TYPE_CHECKING:
    from pathlib import Path

_FAMILIES = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
_SECONDS = 10.0


def connect(namespace: Path | None, port: int) -> socket.socket:
    """Connect to `port` on 127.0.0.1, or on ::1 where that refuses; the caller closes the socket.

    `namespace` is a pinned network namespace or ``/proc/PID/ns/net``; None is the caller's own.
    The socket blocks. It stays in the namespace, and keeps it alive.

    Raises:
        NotFound: the namespace is gone.
        InvalidArgument: `port` isn't 1 to 65535.
        Unavailable: nothing listens there.
    """
    if not 1 <= port <= 65535:
        raise errors.InvalidArgument(f"forward port {port}: ports are 1 to 65535")
    failures = []
    for family, address in _FAMILIES.items():
        try:
            return _connect(namespace, family, (address, port))
        except OSError as error:
            failures.append(f"{address}: {error.strerror or error}")
    raise errors.Unavailable(f"forward port {port}: nothing answers there ({'; '.join(failures)})")


def _connect(
    namespace: Path | None, family: socket.AddressFamily, address: tuple[str, int]
) -> socket.socket:
    connection = _open(namespace, family)
    try:
        connection.settimeout(deadline.remaining(_SECONDS))
        connection.connect(address)
        connection.settimeout(None)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(namespace: Path | None, family: socket.AddressFamily) -> socket.socket:
    """Make a socket; it belongs for ever to the namespace that its maker is in."""

    def make() -> socket.socket:
        return socket.socket(family, socket.SOCK_STREAM)

    return make() if namespace is None else netns.enter(namespace, make)
