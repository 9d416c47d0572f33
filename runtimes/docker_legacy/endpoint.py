"""Where an Engine listens: a unix socket, or TCP with or without TLS.

Source: docker CLI's variables DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "unix:///var/run/docker.sock"
PORT = 2375
TLS_PORT = 2376


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files.

    Attributes:
        ca: whom to trust; None for the system's authorities.
        cert: the client's own certificate, with `key`; None when the Engine asks for none.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Either `path` is set, or `host` and `port`."""

    path: str = ""
    host: str = ""
    port: int = 0
    tls: TlsFiles | None = None

    def __str__(self) -> str:
        return f"unix://{self.path}" if self.path else f"tcp://{self.authority}"

    @property
    def authority(self) -> str:
        """What stands in a ``Host`` header."""
        if self.path:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def find(host: str, tls: TlsFiles | None, environ: Mapping[str, str]) -> Endpoint:
    """Take `host`, or ``DOCKER_HOST`` with its TLS variables, or the usual socket.

    Raises:
        InvalidArgument: it can't be read, or is of a kind that isn't supported.
    """
    if host:
        return parse(host, tls)
    chosen = environ.get("DOCKER_HOST") or DEFAULT
    return parse(chosen, tls or _of_environment(environ))


def parse(text: str, tls: TlsFiles | None = None) -> Endpoint:
    """Read ``unix:///path``, ``/path`` or ``tcp://host[:port]``; https means TLS.

    Raises:
        InvalidArgument: it is none of these.
    """
    scheme, colon, rest = text.partition("://")
    if not colon:
        scheme, rest = "unix", text
    if scheme == "unix":
        return _unix(text, rest)
    if scheme in ("tcp", "http", "https"):
        return _tcp(text, tls or (TlsFiles() if scheme == "https" else None))
    raise errors.InvalidArgument(
        f"read Docker host '{text}': {scheme}:// isn't supported; give unix:///path or "
        "tcp://host:port (for ssh, forward the socket: ssh -L /tmp/docker.sock:/run/docker.sock)"
    )


def _unix(text: str, path: str) -> Endpoint:
    if not path.startswith("/"):
        raise errors.InvalidArgument(
            f"read Docker host '{text}': the socket's path must begin with a slash"
        )
    return Endpoint(path=path)


def _tcp(text: str, tls: TlsFiles | None) -> Endpoint:
    try:
        parts = urlsplit(text)
        port = parts.port or (TLS_PORT if tls else PORT)
    except ValueError as error:
        raise errors.InvalidArgument(f"read Docker host '{text}': {error}") from error
    if not parts.hostname or parts.path not in ("", "/"):
        raise errors.InvalidArgument(
            f"read Docker host '{text}': give tcp://host:port, without a path"
        )
    return Endpoint(host=parts.hostname, port=port, tls=tls)


def _of_environment(environ: Mapping[str, str]) -> TlsFiles | None:
    if not environ.get("DOCKER_TLS_VERIFY"):
        return None
    folder = Path(environ.get("DOCKER_CERT_PATH") or Path("~/.docker").expanduser())
    return TlsFiles(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
