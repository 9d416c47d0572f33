"""Which protocol a client and we agree on, from the request's headers alone.

Source: kubelet pkg/kubelet/cri/streaming/remotecommand (httpstream.go, websocket.go).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from runtimes.core.streaming import channels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SPDY_VERSION: Final = "x-stream-protocol-version"
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PROCESS: Final = (channels.V5, channels.V4)
FORWARD_SPDY: Final = (channels.PORT_FORWARD,)
FORWARD_WEBSOCKET: Final = (channels.TUNNEL, channels.V4)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What is answered with 101."""

    protocol: str
    websocket: bool
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


def choose(headers: Mapping[str, str], *, forward: bool) -> Upgrade | Refusal:
    """`headers` have lower-case names; lists in them are joined by commas. Pure."""
    upgrade = headers.get("upgrade", "").lower()
    if upgrade == "websocket":
        return _websocket(headers, FORWARD_WEBSOCKET if forward else PROCESS)
    if upgrade == "spdy/3.1":
        return _spdy(headers, FORWARD_SPDY if forward else (channels.V4,))
    return Refusal(400, "streaming needs an upgrade to SPDY/3.1 or websocket")


def _spdy(headers: Mapping[str, str], ours: Sequence[str]) -> Upgrade | Refusal:
    offered = _words(headers.get(_SPDY_VERSION, ""))
    protocol = next((one for one in ours if one in offered), "")
    if not protocol:
        accepted = tuple(("X-Accepted-Stream-Protocol-Versions", one) for one in ours)
        return Refusal(403, f"none of these protocols is spoken here: {offered}", accepted)
    return Upgrade(
        protocol,
        websocket=False,
        headers=(
            ("Connection", "Upgrade"),
            ("Upgrade", "SPDY/3.1"),
            ("X-Stream-Protocol-Version", protocol),
        ),
    )


def _websocket(headers: Mapping[str, str], ours: Sequence[str]) -> Upgrade | Refusal:
    offered = _words(headers.get("sec-websocket-protocol", ""))
    protocol = next((one for one in ours if one in offered), "")
    key = headers.get("sec-websocket-key", "")
    if not protocol or not key or headers.get("sec-websocket-version") != "13":
        return Refusal(400, f"WebSocket version 13 with one of {', '.join(ours)} is spoken here")
    digest = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()
    return Upgrade(
        protocol,
        websocket=True,
        headers=(
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Accept", base64.b64encode(digest).decode()),
            ("Sec-WebSocket-Protocol", protocol),
        ),
    )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
