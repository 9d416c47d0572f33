"""Kubernetes' sub-protocols of WebSocket: one byte of channel, then the bytes.

In version 5 the message ``255, channel`` ends one channel; version 4 can't say that. To forward
ports there are two channels for each, data and error, and each begins with the port's number.

Source: kubernetes apimachinery pkg/util/remotecommand (constants.go), kubelet
pkg/kubelet/cri/streaming/portforward/websocket.go.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from runtimes.core import errors

V4: Final = "v4.channel.k8s.io"
V5: Final = "v5.channel.k8s.io"
PORT_FORWARD: Final = "portforward.k8s.io"
TUNNEL: Final = "SPDY/3.1+portforward.k8s.io"
"""SPDY, in the binary messages of a WebSocket."""
_CLOSE = 255


@dataclass(frozen=True, slots=True)
class Message:
    """Attributes:
    closes: the sender has ended the channel.
    """

    channel: int
    data: bytes = b""
    closes: bool = False


def encode(channel: int, data: bytes) -> bytes:
    return bytes((channel,)) + data


def encode_close(channel: int) -> bytes:
    """End a channel; only in version 5."""
    return bytes((_CLOSE, channel))


def decode(message: bytes, *, closing: bool) -> Message:
    """Take a message apart; `closing` says that the protocol is version 5.

    Raises:
        DataLoss: it has no channel.
    """
    if not message:
        raise errors.DataLoss("WebSocket: a message without a channel")
    if closing and message[0] == _CLOSE:
        if len(message) != 2:
            raise errors.DataLoss("WebSocket: a message that closes no channel")
        return Message(message[1], closes=True)
    return Message(message[0], message[1:])


def port_announcement(port: int) -> bytes:
    """What comes first on both channels of a port: its number, two bytes, little-endian."""
    return struct.pack("<H", port)
