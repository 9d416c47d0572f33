"""One connection to an Engine, for one request."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Protocol

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.docker_legacy.endpoint import Endpoint

CHUNK = 65536


class Channel(Protocol):
    def sendall(self, data: bytes) -> None: ...

    def recv(self, size: int) -> bytes: ...

    def settimeout(self, seconds: float | None) -> None: ...

    def shutdown_write(self) -> None: ...


class PlainChannel:
    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self.sendall = inner.sendall
        self.recv = inner.recv
        self.settimeout = inner.settimeout

    def shutdown_write(self) -> None:
        self._inner.shutdown(socket.SHUT_WR)


class Connection:
    """`abort` may come from any thread; one thread reads, and one more may write.

    Raises:
        Unavailable: nothing listens there, or it can't be trusted.
        DeadlineExceeded: it took longer than `timeout`.
    """

    def __init__(self, endpoint: Endpoint, timeout: float | None) -> None:
        self.endpoint = endpoint
        self._socket = _connected(endpoint, timeout)
        try:
            self._channel = self._open_channel()
        except OSError as error:
            self._socket.close()
            raise unreachable(endpoint, error) from error
        self.aborted = False

    def send(self, data: bytes) -> None:
        """Send all of it; OSError when the other side is gone."""
        self._channel.sendall(data)

    def receive(self, timeout: float | None, size: int = CHUNK) -> bytes:
        """The next bytes, empty at the end; TimeoutError after `timeout` seconds of nothing."""
        if timeout is not None and timeout <= 0:
            raise TimeoutError
        self._channel.settimeout(timeout)
        return self._channel.recv(size)

    def hand_out(self) -> int:
        """The descriptor, for whoever reads and writes from now on; it blocks."""
        self._channel.settimeout(None)
        return self._socket.fileno()

    def finish_sending(self) -> None:
        """Close the writing half: the other side reads an end, and may go on writing."""
        try:
            self._channel.shutdown_write()
        except OSError:
            return

    def abort(self) -> None:
        """Wake up whoever reads or writes here, with an end."""
        self.aborted = True
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        self._socket.close()

    def _open_channel(self) -> Channel:
        if self.endpoint.tls is None:
            return PlainChannel(self._socket)
        from runtimes.docker_legacy.wire.tls import TlsChannel

        return TlsChannel(self._socket, self.endpoint.tls, self.endpoint.host)


def _connected(endpoint: Endpoint, timeout: float | None) -> socket.socket:
    if timeout is not None and timeout <= 0:
        raise unreachable(endpoint, TimeoutError())
    try:
        if not endpoint.path:
            return socket.create_connection((endpoint.host, endpoint.port), timeout)
        unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            unix.settimeout(timeout)
            unix.connect(endpoint.path)
        except OSError:
            unix.close()
            raise
    except OSError as error:
        raise unreachable(endpoint, error) from error
    return unix


def unreachable(endpoint: Endpoint, error: OSError) -> errors.Error:
    """What to raise when a connection can't be made."""
    if isinstance(error, TimeoutError):
        return errors.DeadlineExceeded(f"connect to the Engine at {endpoint}: the time is up")
    why = error.strerror or str(error)
    remedy = "is dockerd running?"
    if isinstance(error, PermissionError):
        remedy = "run as root, or join the socket's group (usually docker)"
    return errors.Unavailable(f"connect to the Engine at {endpoint}: {why}; {remedy}")
