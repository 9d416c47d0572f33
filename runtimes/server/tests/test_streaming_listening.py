"""How the streaming server listens: TLS, idle sessions, and connections that ask for nothing."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from runtimes.contract.fake.service import FakeCri
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.session import Channel, StreamingService
from runtimes.server.streaming import front
from runtimes.server.streaming.front import StreamingServer
from runtimes.server.streaming.listening import Listening
from runtimes.server.tests.hosting import wait_until
from runtimes.server.tests.pods import run_stubborn
from runtimes.server.tests.stream_clients import PLAIN, SpdyClient, exec_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.core.cri.services import CriService
    from runtimes.server.tests.hosting import Hosted
    from runtimes.server.tests.local import LocalStreams


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """For 127.0.0.1, signed by itself, and its key."""
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(command, check=True, capture_output=True, timeout=30)
    return files


@pytest.mark.parametrize("protocol", ["spdy", "websocket"])
def test_streams_go_by_tls_to_who_trusts_the_certificate(
    host: Callable[..., Hosted],
    streams: LocalStreams,
    certificate: tuple[Path, Path],
    protocol: str,
) -> None:
    hosted = host(streams, None, Listening(certificate=certificate[0], key=certificate[1]))
    client = hosted.connect(streaming=protocol, streaming_ca=certificate[0])
    request = cri.ExecRequest(
        container_id=run_stubborn(client), cmd=["sh", "-c", "echo out; exit 3"], stdout=True
    )
    assert isinstance(client, StreamingService)

    with client.open_exec(request) as session:
        with open(session.outputs[0].fd, "rb", closefd=False) as output:
            said = output.read()
        code = session.wait(20)

    assert urlsplit(client.exec(request)).scheme == "https"
    assert (said, code) == (b"out\n", 3)


def test_files_that_are_no_certificate_are_refused(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("no certificate")

    with pytest.raises(errors.InvalidArgument, match=r"none\.pem"):
        Listening(certificate=tmp_path / "none.pem").tls()
    with pytest.raises(errors.InvalidArgument, match="no certificate"):
        Listening(key=tmp_path / "none.pem").tls()


def test_a_session_on_which_nothing_moves_ends(
    host: Callable[..., Hosted], streams: LocalStreams
) -> None:
    client = host(streams, None, Listening(idle=0.3)).connect()
    spdy = SpdyClient(exec_url(client, run_stubborn(client), ["sleep", "1000"]))
    spdy.open_all(PLAIN)

    assert [event for event in spdy.events() if getattr(event, "data", b"")] == []
    spdy.close()


def test_sessions_beyond_the_limit_are_refused_and_their_urls_stay_good(
    host: Callable[..., Hosted], streams: LocalStreams
) -> None:
    client = host(streams, None, Listening(sessions=1)).connect()
    container = run_stubborn(client)
    first = SpdyClient(exec_url(client, container, ["sleep", "1000"]))
    url = exec_url(client, container, ["echo", "served"])

    refused = SpdyClient(url)
    refused.close()
    first.close()

    assert refused.head.startswith("HTTP/1.1 429 ")
    assert "retry-after: 5" in refused.head.lower()
    wait_until(lambda: _served(url), "the first session to end")


def _served(url: str) -> bool:
    spdy = SpdyClient(url)
    if "101 " not in spdy.head:
        spdy.close()
        return False
    return spdy.run(PLAIN)[Channel.STDOUT] == b"served\n"


def test_a_session_that_is_touched_too_late_ends_all_the_same() -> None:
    async def late() -> None:
        server = StreamingServer(FakeCri(), 1)
        async with asyncio.timeout(0) as limit:
            try:
                await asyncio.sleep(60)
            finally:
                server._touch(limit)

    with pytest.raises(TimeoutError):
        asyncio.run(late())


def test_connections_without_a_request_are_few_and_the_oldest_makes_room(
    client: CriService, container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "MOST_WAITING", 2)
    url = exec_url(client, container, ["echo", "served"])
    address = (urlsplit(url).hostname, urlsplit(url).port)
    mute = [socket.create_connection(address, 10) for _ in range(3)]

    assert mute[0].recv(1) == b""
    assert SpdyClient(url).run(PLAIN)[Channel.STDOUT] == b"served\n"
    assert mute[1].recv(1) == b""
    for one in mute:
        one.close()


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /exec/x HTTP/1.1\r\nHost: x\r\nX: " + bytes(100_000),
        b"POST /exec/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwords",
        b"POST /exec/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_the_connection_and_fills_no_log(
    client: CriService, container: str, caplog: pytest.LogCaptureFixture, request_: bytes
) -> None:
    url = urlsplit(exec_url(client, container, ["true"]))
    connection = socket.create_connection((url.hostname, url.port), 10)
    with connection, suppress(ConnectionError):  # which is reset if what came wasn't read
        connection.sendall(request_)
        assert connection.recv(1) == b""

    assert "unexpected" not in caplog.text
