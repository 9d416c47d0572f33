"""TLS whose writing half can be closed while reading goes on, unlike an `ssl.SSLSocket`'s.

Security: certificates and host names are always verified.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from runtimes.docker_legacy.endpoint import TlsFiles

CHUNK = 65536


class TlsChannel:
    """One thread may read while others write.

    Args:
        inner: connected, with its timeout set.

    Raises:
        OSError: the handshake failed (`ssl.SSLError` is one).
    """

    def __init__(self, inner: socket.socket, files: TlsFiles, host: str) -> None:
        self._inner = inner
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = _context(files).wrap_bio(
            self._incoming, self._outgoing, server_hostname=host
        )
        self._ahead = b""
        self._state = threading.Lock()
        self._sending = threading.Lock()
        self._handshake()

    def sendall(self, data: bytes) -> None:
        with self._sending:
            with self._state:
                self._object.write(data)
                packed = self._outgoing.read()
            self._inner.sendall(packed)

    def recv(self, size: int) -> bytes:
        while True:
            with self._state:
                if self._ahead:
                    data, self._ahead = self._ahead[:size], self._ahead[size:]
                    return data
                try:
                    return self._object.read(size)
                except ssl.SSLWantReadError:
                    pass
                except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                    return b""
            self._fill()

    def settimeout(self, seconds: float | None) -> None:
        self._inner.settimeout(seconds)

    def shutdown_write(self) -> None:
        with self._sending:
            with self._state:
                self._read_ahead()
                with suppress(ssl.SSLError):  # The other side hasn't closed its half, nor must it.
                    self._object.unwrap()
                packed = self._outgoing.read()
            self._inner.sendall(packed)

    def _read_ahead(self) -> None:
        """Take what has come already, which closing would throw away."""
        with suppress(ssl.SSLError):
            while data := self._object.read(CHUNK):
                self._ahead += data

    def _handshake(self) -> None:
        while True:
            try:
                self._object.do_handshake()
            except ssl.SSLWantReadError:
                self._inner.sendall(self._outgoing.read())
                self._fill()
            else:
                self._inner.sendall(self._outgoing.read())
                return

    def _fill(self) -> None:
        data = self._inner.recv(CHUNK)
        with self._state:
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()


def _context(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=files.ca)
    if files.cert is not None:
        context.load_cert_chain(files.cert, files.key)
    return context
