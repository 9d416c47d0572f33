"""Streams that nobody reads, that come too early, or whose other end goes without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming import channels
from runtimes.core.streaming.session import Channel
from runtimes.core.streaming.spdy import PROTOCOL_ERROR, Left
from runtimes.server.tests.hosting import wait_until
from runtimes.server.tests.stream_clients import PLAIN, SpdyClient, exec_url, run_websocket

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService
    from runtimes.server.tests.hosting import Hosted
    from runtimes.server.tests.local import LocalStreams

SILENT = ["sh", "-c", "exec >&- 2>&-; sleep 1000"]


def test_sessions_that_merely_live_hold_no_thread(client: CriService, container: str) -> None:
    silent = [SpdyClient(exec_url(client, container, SILENT)) for _ in range(8)]
    for spdy in silent:
        spdy.open_all(PLAIN)

    got = SpdyClient(exec_url(client, container, ["echo", "answered"])).run(PLAIN)

    for spdy in silent:
        spdy.close()
    assert got[Channel.STDOUT] == b"answered\n"


def test_version_5_of_the_websocket_protocol_hears_of_its_channels_ends_by_the_connections(
    client: CriService, container: str
) -> None:
    got = run_websocket(exec_url(client, container, ["echo", "all"]), protocol=channels.V5)

    assert set(got) == {Channel.STDOUT, Channel.ERROR}


def test_what_comes_before_all_streams_are_open_is_kept(client: CriService, container: str) -> None:
    spdy = SpdyClient(exec_url(client, container, ["cat"]))
    stdin = spdy.open({"streamtype": "stdin"})
    spdy.send(stdin, b"early", fin=True)

    got = spdy.run(PLAIN - {Channel.STDIN})

    assert got[Channel.STDOUT] == b"early"


def test_too_much_before_all_streams_are_open_ends_the_connection(
    client: CriService, container: str, streams: LocalStreams
) -> None:
    spdy = SpdyClient(exec_url(client, container, ["cat"]))
    stdin = spdy.open({"streamtype": "stdin"})

    spdy.send(stdin, bytes(1_000_000))

    assert list(spdy.events())[-1] == Left(PROTOCOL_ERROR)
    spdy.close()
    assert not streams.sessions


@pytest.mark.parametrize("size", [100_000, 50_000_000])
def test_a_client_that_goes_is_noticed_while_its_input_is_not_read(
    client: CriService, container: str, streams: LocalStreams, size: int
) -> None:
    spdy = SpdyClient(exec_url(client, container, ["sleep", "1000"]))
    stdin = spdy.open_all(PLAIN)[Channel.STDIN]
    spdy.socket.settimeout(0.5)
    try:
        spdy.send(stdin, bytes(size))
    except TimeoutError:
        assert size > 100_000

    spdy.close()

    wait_until(lambda: bool(streams.sessions and streams.sessions[0].closed), "the session's end")


def test_a_stop_ends_sessions_and_leaves_containers(
    hosted: Hosted, client: CriService, container: str, streams: LocalStreams
) -> None:
    spdy = SpdyClient(exec_url(client, container, ["sleep", "1000"]))
    spdy.open_all(PLAIN)
    wait_until(lambda: bool(streams.sessions), "the command to start")

    hosted.stop()

    (session,) = streams.sessions
    spdy.close()
    assert session.closed
    assert streams.container_status(container).status.state == cri.CONTAINER_RUNNING
