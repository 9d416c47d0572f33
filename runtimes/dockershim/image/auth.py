"""Credentials of a pull, in Docker's fields. Pure.

Security: they are never logged nor part of a message.

Source: CRI AuthConfig; Docker Engine API, "Authentication".
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import AuthConfig


def credentials(given: cri.AuthConfig | None) -> AuthConfig | None:
    """What to send; None for an anonymous pull. A username wins over the combined `auth`.

    Raises:
        InvalidArgument: `auth` isn't base64 of ``user:password``.
    """
    if given is None:
        return None
    username, password = given.username, given.password
    if given.auth and not username:
        username, password = _split(given.auth)
    fields = {
        "username": username,
        "password": password,
        "identitytoken": given.identity_token,
        "registrytoken": given.registry_token,
        "serveraddress": given.server_address,
    }
    found: AuthConfig = {}
    for name, value in fields.items():
        if value:
            found[name] = value  # type: ignore[literal-required]  # the names above are its own
    return found if username or given.identity_token or given.registry_token else None


def _split(auth: str) -> tuple[str, str]:
    try:
        username, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if not colon:
        raise errors.InvalidArgument(
            "pull an image: the credentials' `auth` isn't base64 of user:password"
        )
    return username, password.rstrip("\0")
