"""Where a registry's name leads, and whether plain HTTP may be spoken there.

Source: Docker's rule for 127.0.0.0/8, extended to ::1 and localhost.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOCKER_HUB = "docker.io"
_DOCKER_HUB_HOST = "registry-1.docker.io"
_PORTS = {"http": 80, "https": 443}


def endpoint(registry: str) -> str:
    """Return the host (and port) that serves a registry."""
    return _DOCKER_HUB_HOST if registry == _DOCKER_HUB else registry


def is_loopback(host: str) -> bool:
    """Tell whether a host, with or without a port, is this machine by its very name."""
    name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def may_be_plain(host: str, insecure: Sequence[str]) -> bool:
    """Tell whether plain HTTP is allowed with this host."""
    name = urlsplit(f"//{host}").hostname or ""
    return is_loopback(host) or host in insecure or name in insecure


def origin(url: str) -> tuple[str, str, int]:
    """Return what decides whether credentials may go along: scheme, host, port."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), port
