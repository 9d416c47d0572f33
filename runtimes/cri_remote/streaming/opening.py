"""From the URL of a streaming server to a session, or to a socket of a forwarded port."""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING

from runtimes.core.streaming.channels import PORT_FORWARD, TUNNEL, V4, V5
from runtimes.core.streaming.session import Channel
from runtimes.cri_remote.streaming.pump import Plan, Pump, Sink
from runtimes.cri_remote.streaming.session import RemoteSession
from runtimes.cri_remote.streaming.spdy import SpdyWire
from runtimes.cri_remote.streaming.upgrade import base_of, upgrade_spdy, upgrade_websocket
from runtimes.cri_remote.streaming.websocket import BINARY, TunnelWire, WebSocketWire, frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import StreamSession
    from runtimes.cri_remote.streaming.upgrade import Upgraded
    from runtimes.cri_remote.streaming.wire import Wire
    from runtimes.cri_remote.streaming_options import StreamingOptions

_log = logging.getLogger(__name__)
_DATA, _ERROR = 0, 1
_PORT_BYTES = 2


def channels_of(request: cri.ExecRequest | cri.AttachRequest) -> list[Channel]:
    """The streams to open, in kubectl's order."""
    wished = {
        Channel.ERROR: True,
        Channel.STDIN: request.stdin,
        Channel.STDOUT: request.stdout,
        Channel.STDERR: request.stderr,
        Channel.RESIZE: request.tty,
    }
    return [channel for channel, wish in wished.items() if wish]


def open_session(
    url: str,
    channels: Sequence[Channel],
    judge: Callable[[bytes], int],
    options: StreamingOptions,
) -> StreamSession:
    """Connect a command's streams.

    Raises: as `upgrade_spdy`.
    """
    if options.protocol == "websocket":
        upgraded = upgrade_websocket(url, [V5, V4], options)
        wire: Wire = WebSocketWire(upgraded.protocol)
        return RemoteSession(upgraded, wire, streams=channels, judge=judge)
    upgraded = upgrade_spdy(url, [V4], options)
    headers = {int(channel): {"streamtype": channel.name.lower()} for channel in channels}
    spdy = SpdyWire(headers, silent=Channel.ERROR)
    return RemoteSession(upgraded, spdy, streams=channels, judge=judge, first=spdy.open())


def open_port(url: str, port: int, options: StreamingOptions) -> socket.socket:
    """Connect to a forwarded port; errors that come later are logged, and end the socket.

    Raises: as `upgrade_spdy`.
    """
    if options.protocol == "websocket":
        upgraded = upgrade_websocket(url, [TUNNEL, V4], options)
        if upgraded.protocol == TUNNEL:
            spdy = _port_wire(port)
            return _relay(url, upgraded, TunnelWire(spdy), frame(BINARY, spdy.open()))
        return _relay(url, upgraded, WebSocketWire(V4, skipped=_PORT_BYTES), b"")
    upgraded = upgrade_spdy(url, [PORT_FORWARD], options)
    spdy = _port_wire(port)
    return _relay(url, upgraded, spdy, spdy.open())


def _port_wire(port: int) -> SpdyWire:
    which = {"port": str(port), "requestid": "0"}
    headers = {_DATA: {"streamtype": "data", **which}, _ERROR: {"streamtype": "error", **which}}
    return SpdyWire(headers, silent=_ERROR)


def _relay(url: str, upgraded: Upgraded, wire: Wire, first: bytes) -> socket.socket:
    ours, theirs = socket.socketpair()
    reading = os.dup(ours.fileno())
    os.set_blocking(reading, False)

    def ended(words: bytes) -> None:
        ours.close()
        os.close(reading)
        if words:
            _log.warning("forward a port by %s: %s", base_of(url), words.decode(errors="replace"))

    sink = Sink(ours.fileno(), lambda: ours.shutdown(socket.SHUT_WR))
    Pump(upgraded, wire, Plan({_DATA: reading}, {_DATA: sink}, _ERROR, ended), first=first)
    return theirs
