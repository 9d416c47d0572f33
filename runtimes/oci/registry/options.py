"""How registries are reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryOptions:
    """Settings of the client.

    Attributes:
        insecure: registries (host or host:port) spoken to over plain HTTP; loopback ones need no
            mention.
        ca_file: certificates (PEM) trusted beside the system's.
        docker_config: a `config.json` with credentials. None: Docker's own place, that is
            ``$DOCKER_CONFIG`` or ``~/.docker``.
        connect_timeout: seconds.
        read_timeout: seconds without a single byte.
        attempts: of one request, or of one broken download without progress.
    """

    insecure: tuple[str, ...] = ()
    ca_file: Path | None = None
    docker_config: Path | None = None
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    attempts: int = 5


DEFAULT = RegistryOptions()
