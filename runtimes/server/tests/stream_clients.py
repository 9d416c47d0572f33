"""Clients of streaming URLs, as small as they can be."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming import channels, status
from runtimes.core.streaming.session import Channel
from runtimes.core.streaming.spdy import Connection, Event, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService

PLAIN = {Channel.STDIN, Channel.STDOUT, Channel.STDERR, Channel.ERROR}
_NAMES = {channel: channel.name.lower() for channel in Channel}


def exec_url(client: CriService, container: str, cmd: list[str], *, tty: bool = False) -> str:
    request = cri.ExecRequest(
        container_id=container, cmd=cmd, stdin=True, stdout=True, stderr=not tty, tty=tty
    )
    return client.exec(request)


def attach_url(client: CriService, container: str) -> str:
    return client.attach(
        cri.AttachRequest(container_id=container, stdin=True, stdout=True, stderr=True)
    )


def port_url(client: CriService, *ports: int) -> str:
    sandbox = client.list_containers()[0].pod_sandbox_id
    return client.port_forward(cri.PortForwardRequest(pod_sandbox_id=sandbox, port=ports))


class SpdyClient:
    def __init__(self, url: str, protocol: str = channels.V4) -> None:
        parts = urlsplit(url)
        assert parts.hostname
        assert parts.port
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=20)
        request = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\n"
            f"Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: {protocol}\r\n\r\n"
        )
        self.socket.sendall(request.encode())
        self.head, self._early = self._answer()
        self._connection = Connection(client=True)

    def open(self, headers: dict[str, str]) -> int:
        stream, opening = self._connection.open(headers)
        self.socket.sendall(opening)
        return stream

    def send(self, stream: int, data: bytes, *, fin: bool = False) -> None:
        self.socket.sendall(self._connection.send(stream, data, fin=fin))

    def events(self) -> Iterator[Event]:
        data, self._early = self._early, b""
        while data or (data := self.socket.recv(65536)):
            yield from self._connection.receive(data)
            data = b""

    def run(self, streams: set[Channel], stdin: bytes = b"") -> dict[Channel, bytes]:
        """Everything that comes until the server ends the connection."""
        numbers = {self.open({"streamtype": _NAMES[one]}): one for one in sorted(streams)}
        got = dict.fromkeys(streams, b"")
        for number, channel in numbers.items():
            if channel is Channel.STDIN:
                self.send(number, stdin, fin=True)
        for event in self.events():
            if isinstance(event, Received):
                got[numbers[event.stream]] += event.data
        self.close()
        return got

    def open_all(self, streams: set[Channel]) -> dict[Channel, int]:
        """Open these, in the order of their numbers."""
        return {one: self.open({"streamtype": _NAMES[one]}) for one in sorted(streams)}

    def open_port(self, port: int, request: str) -> tuple[int, int]:
        """Streams for errors and data of a new connection."""
        headers = {"port": str(port), "requestid": request}
        problem = self.open({"streamtype": "error", **headers})
        return problem, self.open({"streamtype": "data", **headers})

    def close(self) -> None:
        self.socket.close()

    def _answer(self) -> tuple[str, bytes]:
        data = b""
        while b"\r\n\r\n" not in data and (more := self.socket.recv(65536)):
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        return head.decode(), rest


def run_websocket(url: str, stdin: bytes = b"", protocol: str = channels.V5) -> dict[int, bytes]:
    """As `SpdyClient.run`."""
    got: dict[int, bytes] = {}
    address = url.replace("http://", "ws://")
    with connect(address, subprotocols=[Subprotocol(protocol)], proxy=None) as client:
        with suppress(ConnectionClosed):  # a command that can't run is told at once
            for at in range(0, len(stdin), 65536):
                client.send(channels.encode(Channel.STDIN, stdin[at : at + 65536]))
            if protocol == channels.V5:
                client.send(channels.encode_close(Channel.STDIN))
        for data in client:
            assert isinstance(data, bytes)
            message = channels.decode(data, closing=protocol == channels.V5)
            got[message.channel] = got.get(message.channel, b"") + message.data
    return got


def exit_code(got: bytes) -> int:
    assert json.loads(got)
    return status.exit_code(got)
