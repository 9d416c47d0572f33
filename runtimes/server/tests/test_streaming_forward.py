"""Ports that are slow, silent or forwarded over WebSocket channels."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from runtimes.core import errors
from runtimes.core.streaming import channels
from runtimes.core.streaming.session import Channel
from runtimes.core.streaming.spdy import PROTOCOL_ERROR, Left, Received
from runtimes.server.streaming import forward
from runtimes.server.tests.local import LocalStreams
from runtimes.server.tests.stream_clients import PLAIN, SpdyClient, exec_url, port_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService

pytestmark = pytest.mark.usefixtures("container")


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """A port whose connections nobody reads."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def echo() -> Iterator[socket.socket]:
    """A port whose connections give back what came, once all has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_repeat, args=(server,))
        thread.start()
        yield server
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def _repeat(server: socket.socket) -> None:
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        with peer:
            while data := peer.recv(65536):
                peer.sendall(data)


def port_of(server: socket.socket) -> int:
    return int(server.getsockname()[1])


def fill(server: socket.socket) -> bytes:
    """What two sockets between which nobody reads can't hold, but the backlog can."""
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return bytes(800_000)


def answer(spdy: SpdyClient, stream: int) -> bytes:
    got = b""
    for event in spdy.events():
        if isinstance(event, Received) and event.stream == stream:
            got += event.data
            if event.fin:
                break
    return got


def test_a_port_that_reads_nothing_does_not_hold_up_the_others(
    client: CriService, silent: socket.socket, echo: socket.socket
) -> None:
    spdy = SpdyClient(port_url(client, port_of(silent)), channels.PORT_FORWARD)
    _, slow = spdy.open_port(port_of(silent), "slow")
    spdy.send(slow, fill(silent))

    _, quick = spdy.open_port(port_of(echo), "quick")
    spdy.send(quick, b"question", fin=True)

    assert answer(spdy, quick) == b"question"
    spdy.close()


def test_a_port_whose_backlog_stays_full_is_given_up_for_the_others(
    client: CriService,
    silent: socket.socket,
    echo: socket.socket,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forward, "_LOOK_SECONDS", 0.02)
    spdy = SpdyClient(port_url(client, port_of(silent)), channels.PORT_FORWARD)
    problem, slow = spdy.open_port(port_of(silent), "slow")
    _, quick = spdy.open_port(port_of(echo), "quick")
    sender = threading.Thread(target=lambda: spdy.send(slow, bytes(20_000_000)))
    sender.start()

    told = answer(spdy, problem)

    sender.join()
    spdy.send(quick, b"question", fin=True)
    assert b"has read nothing" in told
    assert answer(spdy, quick) == b"question"
    spdy.close()


def test_a_name_of_a_request_that_is_long_ends_the_connection(client: CriService) -> None:
    spdy = SpdyClient(port_url(client, 1), channels.PORT_FORWARD)

    spdy.open_port(1, "r" * 1000)

    assert list(spdy.events())[-1] == Left(PROTOCOL_ERROR)
    spdy.close()


def test_ports_that_take_long_to_answer_keep_no_command_waiting(
    client: CriService, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def connect_slowly(_: LocalStreams, sandbox: str, port: int) -> socket.socket:
        answered.wait(20)
        raise errors.Unavailable(f"port {port} of '{sandbox}' doesn't answer")

    monkeypatch.setattr(LocalStreams, "open_port_forward", connect_slowly)
    spdy = SpdyClient(port_url(client, 1), channels.PORT_FORWARD)
    problems = [spdy.open_port(1, str(number))[0] for number in range(6)]

    got = SpdyClient(exec_url(client, container, ["echo", "answered"])).run(PLAIN)

    assert not answered.is_set()
    answered.set()
    assert got[Channel.STDOUT] == b"answered\n"
    assert b"doesn't answer" in answer(spdy, problems[-1])
    spdy.close()


def test_ports_are_forwarded_over_channels_of_a_websocket(
    client: CriService, echo: socket.socket
) -> None:
    ports = (port_of(echo), 1)
    url = port_url(client, *ports).replace("http://", "ws://")
    got = dict.fromkeys(range(4), b"")
    with connect(url, subprotocols=[Subprotocol(channels.V4)], proxy=None) as websocket:
        websocket.send(b"\0question")
        while not got[0].endswith(b"question") or b"nothing listens" not in got[3]:
            message = websocket.recv(10)
            assert isinstance(message, bytes)
            got[message[0]] += message[1:]

    announced = [struct.unpack_from("<H", got[channel])[0] for channel in range(4)]
    assert announced == [ports[0], ports[0], ports[1], ports[1]]
    assert got[0][2:] == b"question"
