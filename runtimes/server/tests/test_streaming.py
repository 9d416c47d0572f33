"""Exec and port-forward through the streaming server, with real processes and sockets."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming import channels, status
from runtimes.core.streaming.session import Channel
from runtimes.core.streaming.spdy import Received
from runtimes.server.streaming.tokens import LIFE_SECONDS, MOST, Tokens
from runtimes.server.tests.hosting import wait_until
from runtimes.server.tests.stream_clients import (
    PLAIN,
    SpdyClient,
    exec_url,
    exit_code,
    run_websocket,
)

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService
    from runtimes.server.tests.local import LocalStreams

SPLIT = ["sh", "-c", "cat; echo problem >&2; exit 3"]


def test_the_url_is_whole_and_on_loopback(client: CriService, container: str) -> None:
    url = urlsplit(exec_url(client, container, ["true"]))

    assert (url.scheme, url.hostname) == ("http", "127.0.0.1")
    assert len(url.path.rpartition("/")[2]) >= 22


@pytest.mark.parametrize("size", [0, 3, 5_000_000])
def test_exec_over_spdy_carries_both_ways_and_ends_with_the_exit_code(
    client: CriService, container: str, size: int
) -> None:
    data = os.urandom(size)
    spdy = SpdyClient(exec_url(client, container, ["cat"] if size > 3 else SPLIT))

    if size > 3:
        numbers = {spdy.open({"streamtype": one.name.lower()}): one for one in sorted(PLAIN)}
        by_channel = {channel: number for number, channel in numbers.items()}
        sender = threading.Thread(
            target=lambda: spdy.send(by_channel[Channel.STDIN], data, fin=True)
        )
        sender.start()
        got = dict.fromkeys(PLAIN, b"")
        for event in spdy.events():
            if isinstance(event, Received):
                got[numbers[event.stream]] += event.data
        sender.join()
        assert exit_code(got[Channel.ERROR]) == 0
    else:
        got = spdy.run(PLAIN, data)
        assert got[Channel.STDERR] == b"problem\n"
        assert exit_code(got[Channel.ERROR]) == 3
    spdy.close()
    assert got[Channel.STDOUT] == data


@pytest.mark.parametrize("data", [b"", b"abc", bytes(range(256)) * 200])
def test_exec_over_websocket(client: CriService, container: str, data: bytes) -> None:
    got = run_websocket(exec_url(client, container, SPLIT), data)

    assert got.get(Channel.STDOUT, b"") == data
    assert got[Channel.STDERR] == b"problem\n"
    assert exit_code(got[Channel.ERROR]) == 3


def test_exec_over_websocket_of_version_4(client: CriService, container: str) -> None:
    got = run_websocket(
        exec_url(client, container, ["head", "-c", "3"]), b"abcdef", protocol=channels.V4
    )

    assert got[Channel.STDOUT] == b"abc"
    assert exit_code(got[Channel.ERROR]) == 0


def test_a_tty_begins_with_the_size_that_the_client_says(
    client: CriService, container: str
) -> None:
    spdy = SpdyClient(exec_url(client, container, ["stty", "size"], tty=True))
    wanted = (Channel.STDIN, Channel.STDOUT, Channel.RESIZE, Channel.ERROR)
    number = {one: spdy.open({"streamtype": one.name.lower()}) for one in wanted}

    spdy.send(number[Channel.RESIZE], status.of_size(132, 43))
    output = b"".join(
        event.data
        for event in spdy.events()
        if isinstance(event, Received) and event.stream == number[Channel.STDOUT]
    )
    spdy.close()

    assert b"43 132" in output


def test_a_program_that_cannot_run_is_told_over_the_error_channel(
    client: CriService, container: str
) -> None:
    got = run_websocket(exec_url(client, container, ["/no/such/program"]))

    with pytest.raises(errors.Internal, match="no such program"):
        status.exit_code(got[Channel.ERROR])


def test_a_client_that_goes_takes_its_command_along(
    client: CriService, container: str, streams: LocalStreams
) -> None:
    spdy = SpdyClient(exec_url(client, container, ["sleep", "1000"]))
    for one in PLAIN:
        spdy.open({"streamtype": one.name.lower()})
    wait_until(lambda: bool(streams.sessions), "the command to start")

    spdy.close()

    wait_until(lambda: streams.sessions[0].process.poll() is not None, "the command to end")


def test_a_url_works_once(client: CriService, container: str) -> None:
    url = exec_url(client, container, ["true"])
    SpdyClient(url).run(PLAIN)

    again = SpdyClient(url)
    again.close()

    assert again.head.startswith("HTTP/1.1 404")


def test_a_protocol_that_nobody_speaks_is_refused(client: CriService, container: str) -> None:
    refused = SpdyClient(exec_url(client, container, ["true"]), protocol="v9.channel.k8s.io")
    refused.close()

    assert refused.head.startswith("HTTP/1.1 403")
    assert "v4.channel.k8s.io" in refused.head


def test_what_cannot_be_is_refused_before_there_is_a_url(
    client: CriService, container: str
) -> None:
    with pytest.raises(errors.NotFound):
        exec_url(client, "no-such", ["true"])
    with pytest.raises(errors.InvalidArgument):
        client.exec(cri.ExecRequest(container_id=container, cmd=["true"]))
    client.stop_container(container, 0)
    with pytest.raises(errors.FailedPrecondition):
        exec_url(client, container, ["true"])


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_ports_are_forwarded_over_spdy(client: CriService, container: str, address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sandbox = client.list_containers()[0].pod_sandbox_id
    with socket.create_server((address, 0), family=family) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        url = client.port_forward(cri.PortForwardRequest(pod_sandbox_id=sandbox, port=[port]))
        spdy = SpdyClient(url, channels.PORT_FORWARD)
        for number in range(2):
            headers = {"port": str(port), "requestid": str(number)}
            spdy.open({"streamtype": "error", **headers})
            stream = spdy.open({"streamtype": "data", **headers})
            spdy.send(stream, b"question", fin=True)
            peer, _ = server.accept()
            with peer:
                asked = b""
                while data := peer.recv(100):
                    asked += data
                peer.sendall(b"answer")
            answer = b""
            for event in spdy.events():
                if isinstance(event, Received) and event.stream == stream:
                    answer += event.data
                    if event.fin:
                        break
            assert (asked, answer) == (b"question", b"answer")
        spdy.close()


def test_a_port_where_nothing_listens_is_told_over_its_error_stream(
    client: CriService, container: str
) -> None:
    sandbox = client.list_containers()[0].pod_sandbox_id
    url = client.port_forward(cri.PortForwardRequest(pod_sandbox_id=sandbox, port=[1]))
    spdy = SpdyClient(url, channels.PORT_FORWARD)
    problem = spdy.open({"streamtype": "error", "port": "1", "requestid": "0"})
    spdy.open({"streamtype": "data", "port": "1", "requestid": "0"})

    told = next(
        event.data
        for event in spdy.events()
        if isinstance(event, Received) and event.stream == problem
    )
    spdy.close()

    assert b"nothing listens" in told


def test_tokens_are_used_once_grow_old_and_are_few() -> None:
    now = [0.0]
    tokens: Tokens[str] = Tokens(lambda: now[0])
    token = tokens.issue("what")

    assert tokens.redeem(token) == "what"
    assert tokens.redeem(token) is None
    late = tokens.issue("late")
    for _ in range(MOST - 1):
        tokens.issue("other")
    with pytest.raises(errors.ResourceExhausted):
        tokens.issue("one too many")
    now[0] = LIFE_SECONDS + 1
    assert tokens.redeem(late) is None
    assert tokens.issue("there is room again")
