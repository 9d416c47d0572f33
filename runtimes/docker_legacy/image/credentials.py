"""Credentials on their way to an Engine.

Security: the header holds the password in clear text; it is never logged nor part of a message.

Source: Docker Engine API, "Authentication" (X-Registry-Auth).
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.core.docker.types import AuthConfig

HEADER = "X-Registry-Auth"


def header(auth: AuthConfig | None) -> dict[str, str]:
    """The header of a pull; without credentials there is none."""
    if not auth:
        return {}
    return {HEADER: base64.urlsafe_b64encode(json.dumps(auth).encode()).decode()}
