"""Where and how the streaming server listens."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

LOOPBACK = "127.0.0.1:0"
IDLE_SECONDS = 4 * 3600.0
MOST_SESSIONS = 4096


@dataclass(frozen=True, slots=True)
class Listening:
    """Attributes:
    address: ``host:port``; port 0 takes a free one.
    idle: seconds without a byte in either direction after which a session ends.
    sessions: how many may be open at once; further ones are refused.
    certificate: PEM file of a chain that clients trust; URLs are https then.
    key: PEM file of its private key, None if `certificate` has it too.
    """

    address: str = LOOPBACK
    idle: float = IDLE_SECONDS
    certificate: Path | None = None
    key: Path | None = None
    sessions: int = MOST_SESSIONS

    @property
    def scheme(self) -> str:
        return "http" if self.certificate is None else "https"

    def place(self) -> tuple[str, int]:
        """Host and port.

        Raises:
            InvalidArgument: it is no address, or one that clients can't connect to.
        """
        host, colon, port = self.address.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        try:
            number = int(port)
            wildcard = ipaddress.ip_address(host).is_unspecified
        except ValueError as error:
            raise errors.InvalidArgument(
                f"stream at '{self.address}': expected an IP address and a port, as 127.0.0.1:0"
            ) from error
        if wildcard or not colon:
            raise errors.InvalidArgument(
                f"stream at '{self.address}': clients get URLs with this address, "
                "so name one that they reach"
            )
        return host, number

    def tls(self) -> ssl.SSLContext | None:
        """None without a certificate.

        Raises:
            InvalidArgument: a key without a certificate, or files that can't be used.
        """
        if self.certificate is None:
            if self.key is not None:
                raise errors.InvalidArgument("stream by TLS: there is a key, but no certificate")
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate, self.key)
        except OSError as error:  # ssl.SSLError is one
            raise errors.InvalidArgument(
                f"stream by TLS: certificate '{self.certificate}' and key "
                f"'{self.key or self.certificate}' can't be used: {error}"
            ) from error
        return context
