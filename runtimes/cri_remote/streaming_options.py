"""How to reach the streaming server of a runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Protocol: TypeAlias = Literal["auto", "spdy", "websocket"]


@dataclass(frozen=True, slots=True)
class StreamingOptions:
    """How to reach streaming servers.

    Attributes:
        protocol: ``auto`` is SPDY, which every runtime knows.
        ca: certificates that prove an https server; None for the system's.
        netns: the network namespace to connect in, None for our own.
        timeout: seconds to connect and to agree on a protocol.
    """

    protocol: Protocol = "auto"
    ca: Path | None = None
    netns: Path | None = None
    timeout: float = 30.0
