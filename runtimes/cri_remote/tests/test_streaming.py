"""Sessions over a scripted streaming server: ends, refusals, and what goes wrong between."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.session import Channel
from runtimes.cri_remote.backend import RemoteOptions, backend
from runtimes.cri_remote.streaming import opening, status
from runtimes.cri_remote.streaming_options import StreamingOptions
from runtimes.cri_remote.tests.streaming_server import (
    UPGRADED,
    StreamingServer,
    data_frame,
    drain,
    read_frame,
)

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.streaming.session import StreamSession
    from runtimes.cri_remote.tests.conftest import Scripted

_FAILURE = {
    "status": "Failure",
    "reason": "NonZeroExitCode",
    "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
}


def _open(url: str, *channels: Channel) -> StreamSession:
    chosen = [Channel.ERROR, *(channels or (Channel.STDOUT,))]
    judge = lambda words: status.exit_code(words, "exec")  # noqa: E731 - short
    return opening.open_session(url, chosen, judge, StreamingOptions())


def _read(session: StreamSession) -> bytes:
    with open(session.outputs[0].fd, "rb", closefd=False) as file:
        return file.read()


def test_output_and_code_of_a_command_come_through() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(UPGRADED + data_frame(3, b"out"))
        connection.sendall(data_frame(3, b"put", last=True))
        connection.sendall(data_frame(1, json.dumps(_FAILURE).encode(), last=True))

    with StreamingServer(answer) as server, _open(server.url) as session:
        assert _read(session) == b"output"
        assert session.wait(10) == 3

    assert "POST /exec/secret HTTP/1.1" in server.asked[0]
    assert "Upgrade: SPDY/3.1" in server.asked[0]


def test_a_connection_that_breaks_off_is_unavailable() -> None:
    with (
        StreamingServer(lambda connection: connection.sendall(UPGRADED)) as server,
        _open(server.url) as session,
    ):
        assert _read(session) == b""
        with pytest.raises(errors.Unavailable, match="broke the connection off"):
            session.wait(10)


def test_nonsense_ends_the_session_with_what_was_wrong() -> None:
    with (
        StreamingServer(lambda one: one.sendall(UPGRADED + b"\xff" * 20)) as server,
        _open(server.url) as session,
    ):
        assert _read(session) == b""
        with pytest.raises(errors.Internal, match="SPDY: frame of version"):
            session.wait(10)


def test_input_its_end_and_sizes_reach_the_server() -> None:
    frames: list[tuple[int, int, bytes]] = []
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(UPGRADED)
        try:
            while True:
                frames.append(read_frame(connection))
        except EOFError:
            over.set()

    channels = (Channel.STDIN, Channel.STDOUT)
    with StreamingServer(answer) as server, _open(server.url, *channels) as session:
        assert session.stdin is not None
        session.resize(80, 24)
        with open(session.stdin.fd, "wb", closefd=False) as file:
            file.write(b"words")
        session.stdin.finish()
        session.stdin.finish()
        while (3, 1, b"") not in frames:
            assert not over.wait(0.01)

    assert over.wait(10)
    data = [frame for frame in frames if not frame[0] & 0x80000000]
    assert data == [(1, 1, b""), (3, 0, b"words"), (3, 1, b"")]


def test_a_slow_reader_stops_the_server_and_loses_nothing() -> None:
    size, sent = 8 * 2**20, threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.sendall(UPGRADED)
        connection.sendall(data_frame(3, bytes(size), last=True))
        sent.set()
        connection.sendall(data_frame(1, b'{"status": "Success"}', last=True))

    with StreamingServer(answer) as server, _open(server.url) as session:
        assert not sent.wait(0.3)
        assert len(_read(session)) == size
        assert session.wait(10) == 0


def test_waiting_has_a_bound() -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(UPGRADED)
        drain(connection)

    with (
        StreamingServer(answer) as server,
        _open(server.url) as session,
        pytest.raises(errors.DeadlineExceeded),
    ):
        session.wait(0.05)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (b"404 Not Found\r\n\r\nno such token", errors.PermissionDenied, "works once"),
        (b"403 Forbidden\r\nContent-Length: 2\r\n\r\nno", errors.PermissionDenied, "403: no;"),
        (b"429 Too Many Requests\r\n\r\n", errors.ResourceExhausted, "without a word"),
        (b"400 Bad Request\r\n\r\nbad", errors.InvalidArgument, "bad"),
        (b"500 Oh\r\n\r\nbroken", errors.Internal, "HTTP 500: broken"),
    ],
)
def test_a_refusal_is_told_with_the_servers_words_and_without_the_token(
    answer: bytes, kind: type[errors.Error], told: str
) -> None:
    with (
        StreamingServer(lambda one: one.sendall(b"HTTP/1.1 " + answer)) as server,
        pytest.raises(kind, match=told) as caught,
    ):
        _open(server.url)

    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("words", [b"", b"SSH-2.0\r\n\r\n"])
def test_what_is_no_http_is_unavailable(words: bytes) -> None:
    with (
        StreamingServer(lambda one: one.sendall(words)) as server,
        pytest.raises(errors.Unavailable, match="open a stream at http://127"),
    ):
        _open(server.url)


def test_nobody_at_the_address_is_told_with_what_may_be_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(errors.Unavailable, match=r"another host's loopback.*streaming_netns"):
        _open(f"http://127.0.0.1:{port}/exec/secret")


def test_a_command_that_couldnt_run_is_told_in_the_runtimes_words() -> None:
    with pytest.raises(errors.Internal, match="no such container"):
        status.exit_code(b'{"status": "Failure", "message": "no such container"}', "exec")
    with pytest.raises(errors.Internal, match="plain words"):
        status.exit_code(b"plain words", "exec")


def test_a_contradiction_never_leaves(scripted: Scripted) -> None:
    request = cri.ExecRequest(container_id="x", cmd=["sh"], tty=True, stdout=True, stderr=True)

    service = backend.open(RemoteOptions(endpoint=scripted.endpoint))
    with service, pytest.raises(errors.InvalidArgument, match="tty"):
        service.open_exec(request)  # type: ignore[attr-defined]  # a StreamingService

    assert scripted.requests == []


def test_an_attachments_code_is_the_containers(scripted: Scripted) -> None:
    def answer(connection: socket.socket) -> None:
        connection.sendall(UPGRADED + data_frame(3, b"", last=True))
        connection.sendall(data_frame(1, b'{"status": "Success"}', last=True))

    ended = cri.ContainerStatus(state=cri.CONTAINER_EXITED, exit_code=7)
    with StreamingServer(answer) as server:
        scripted.answers["Attach"] = lambda _r, _c: cri.AttachResponse(url=server.url)
        scripted.answers["ContainerStatus"] = lambda _r, _c: cri.ContainerStatusResponse(
            status=ended
        )
        request = cri.AttachRequest(container_id="x", stdout=True)
        with (
            backend.open(RemoteOptions(endpoint=scripted.endpoint)) as service,
            service.open_attach(request) as session,  # type: ignore[attr-defined]  # it streams
        ):
            assert session.wait(10) == 7


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """One that names 127.0.0.1 and proves itself, and its key."""
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=test", "-out", *map(str, files[:1])]
    command += ["-keyout", str(files[1]), "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    return files


def test_an_https_server_is_proved_and_carries_as_much(certificate: tuple[Path, Path]) -> None:
    size = 2**20
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def answer(connection: socket.socket) -> None:
        connection.sendall(UPGRADED + data_frame(3, bytes(size), last=True))
        connection.sendall(data_frame(1, b'{"status": "Success"}', last=True))

    with StreamingServer(answer, context) as server:
        options = StreamingOptions(ca=certificate[0])
        channels = [Channel.ERROR, Channel.STDOUT]
        judge = lambda words: status.exit_code(words, "exec")  # noqa: E731 - short
        with opening.open_session(server.url, channels, judge, options) as session:
            assert len(_read(session)) == size
            assert session.wait(10) == 0
        with pytest.raises(errors.Unavailable, match="certificate verify failed"):
            _open(server.url)
