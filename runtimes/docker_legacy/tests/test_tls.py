"""An Engine behind TLS: trusted by its certificate only, and half-closed like any other."""

from __future__ import annotations

import io
import shutil
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.docker.frames import Stream, frame
from runtimes.core.docker.interface import StreamOptions
from runtimes.docker_legacy.client import DockerClient
from runtimes.docker_legacy.endpoint import Endpoint, TlsFiles
from runtimes.docker_legacy.wire.tls import TlsChannel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="needs openssl to make certificates"
)
VERSION = b'{"Version": "20.10", "ApiVersion": "1.41"}'
FRESH = b'{"ID": "x1", "ContainerID": "c1", "Running": false, "ExitCode": null}'
UPGRADED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=engine", "-keyout", key, "-out", cert),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return cert, key


@pytest.fixture
def port(certificate: tuple[Path, Path]) -> Iterator[int]:
    """An Engine that knows its version, and one command, which echoes its input."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=_serve, args=(context, plain), daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for thread in (accepting, *threads):
        thread.join(5)


def _serve(context: ssl.SSLContext, plain: socket.socket) -> None:
    try:
        with context.wrap_socket(plain, server_side=True) as wire:
            while request := _request(wire):
                if b"/version " in request:
                    _answer(wire, VERSION)
                elif b"/json " in request:
                    _answer(wire, FRESH)
                else:
                    wire.sendall(UPGRADED + frame(Stream.STDOUT, b"begin "))
                    heard = b"".join(iter(lambda: wire.recv(65536), b""))
                    wire.sendall(frame(Stream.STDOUT, heard))
                    return
    except OSError:
        return


def _request(wire: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        received = wire.recv(65536)
        if not received:
            return b""
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(ln[15:]) for ln in head.split(b"\r\n") if ln.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += wire.recv(65536)
    return head


def _answer(wire: ssl.SSLSocket, body: bytes) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def test_calls_and_half_closed_streams_work(port: int, certificate: tuple[Path, Path]) -> None:
    endpoint = Endpoint(host="127.0.0.1", port=port, tls=TlsFiles(ca=certificate[0]))
    output = io.BytesIO()
    typed = b"typed" * 50_000

    with DockerClient(endpoint, base_timeout=10) as docker:
        assert docker.version()["Version"] == "20.10"
        docker.start_exec("x1", StreamOptions(input=io.BytesIO(typed), output=output))

    assert output.getvalue() == b"begin " + typed


def test_what_came_before_the_writing_half_is_closed_is_not_lost(
    port: int, certificate: tuple[Path, Path]
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as plain:
        channel = TlsChannel(plain, TlsFiles(ca=certificate[0]), "127.0.0.1")
        channel.sendall(b"POST /exec/x/start HTTP/1.1\r\n\r\n")
        first = channel.recv(1)  # So the rest of it is here, too.

        channel.shutdown_write()

        rest = b"".join(iter(lambda: channel.recv(7), b""))
    assert first + rest == UPGRADED + frame(Stream.STDOUT, b"begin ") + frame(Stream.STDOUT, b"")


def test_a_certificate_of_a_stranger_is_not_trusted(port: int) -> None:
    endpoint = Endpoint(host="127.0.0.1", port=port, tls=TlsFiles())

    with (
        DockerClient(endpoint, base_timeout=10) as docker,
        pytest.raises(errors.Unavailable, match="certificate verify failed"),
    ):
        docker.version()


def test_files_that_are_missing_are_told(tmp_path: Path) -> None:
    files = TlsFiles(tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")

    with pytest.raises(errors.InvalidArgument):
        DockerClient(Endpoint(host="127.0.0.1", port=1, tls=files))
