"""Credentials for one registry, from whoever calls.

Security: what is meant for one server is never used for another.

Source: CRI AuthConfig; containerd internal/cri ParseAuth.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri

_DOCKER_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Attributes:
    identity_token: exchanged for access tokens, in place of a password.
    registry_token: sent as it is.
    """

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    def __bool__(self) -> bool:
        return bool(self.username or self.identity_token or self.registry_token)

    def __repr__(self) -> str:
        return f"Credentials(username={self.username!r}, ...)"


NONE = Credentials()


def from_cri(auth: cri.AuthConfig | None, registry: str) -> Credentials:
    """Take what a caller of the CRI sent, if it is for this registry.

    Raises:
        InvalidArgument: its `auth` field isn't base64 of "user:password".
    """
    if auth is None or not _is_for(auth.server_address, registry):
        return NONE
    username, password = auth.username, auth.password
    if auth.auth and not username:
        username, password = split_basic(auth.auth)
    return Credentials(username, password, auth.identity_token, auth.registry_token)


def split_basic(encoded: str) -> tuple[str, str]:
    """Undo base64 of "user:password".

    Raises:
        InvalidArgument: it isn't that. The message doesn't repeat it.
    """
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise errors.InvalidArgument("read credentials: 'auth' is no base64 text") from error
    username, colon, password = text.partition(":")
    if not colon:
        raise errors.InvalidArgument("read credentials: 'auth' holds no 'user:password'")
    return username, password.rstrip("\0")


def basic(credentials: Credentials) -> str:
    """Write the Authorization header of basic authentication."""
    text = f"{credentials.username}:{credentials.password}"
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def _is_for(server_address: str, registry: str) -> bool:
    if not server_address:
        return True
    return canonical_host(server_address) == canonical_host(registry)


def canonical_host(address: str) -> str:
    """Reduce an address, with or without scheme and path, to host and port; Docker Hub has one."""
    parts = urlsplit(address if "://" in address else f"//{address}")
    host = parts.netloc.rpartition("@")[2].lower()
    return _DOCKER_HUB[0] if host in _DOCKER_HUB else host
