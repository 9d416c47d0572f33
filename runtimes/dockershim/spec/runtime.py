"""Which of the Engine's runtimes runs a sandbox and all containers in it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.core.docker.types import HostConfig

DEFAULT = ("", "docker")
"""Handlers that mean the Engine's default runtime: the CRI's word, and kubelet's."""


def put(config: HostConfig, handler: str) -> None:
    """Name the runtime of a handler; the default one goes unnamed."""
    if handler not in DEFAULT:
        config["Runtime"] = handler
