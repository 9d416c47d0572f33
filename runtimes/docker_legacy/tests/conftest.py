"""An Engine that answers what a test scripts, byte by byte, over a real socket."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from runtimes.docker_legacy.client import DockerClient
from runtimes.docker_legacy.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSION = {"Version": "20.10", "ApiVersion": "1.41", "MinAPIVersion": "1.12"}


@dataclass(slots=True)
class Exchange:
    """One request, and the socket to answer it on."""

    wire: socket.socket
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    rest: bytes = b""

    def send(self, data: bytes) -> None:
        self.wire.sendall(data)

    def answer(self, status: int, body: object = None, *, kind: str = "application/json") -> None:
        """Send a whole answer; `body` becomes JSON unless it is bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        data = b"" if status in (204, 304) else data
        length = "" if status in (204, 304) else f"Content-Length: {len(data)}\r\n"
        self.send(f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\n{length}\r\n".encode() + data)

    def begin_chunks(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    def chunk(self, data: bytes) -> None:
        self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end_chunks(self) -> None:
        self.send(b"0\r\n\r\n")

    def message(self, **fields: object) -> None:
        self.chunk(json.dumps(fields).encode() + b"\r\n")

    def read_to_end(self) -> bytes:
        """What the other side still sends, until it closes its half."""
        data = self.rest
        while received := self.wire.recv(65536):
            data += received
        return data


@dataclass(slots=True)
class ScriptedEngine:
    """Attributes:
    handlers: by method and path without version, e.g. ``GET /info``.
    seen: every request, oldest first.
    """

    path: Path
    handlers: dict[str, Callable[[Exchange], None]] = field(default_factory=dict)
    seen: list[Exchange] = field(default_factory=list)
    problems: list[BaseException] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    _listener: socket.socket = field(default_factory=lambda: socket.socket(socket.AF_UNIX))
    _threads: list[threading.Thread] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    def start(self) -> None:
        self.handlers["GET /version"] = lambda exchange: exchange.answer(200, VERSION)
        self._listener.bind(str(self.path))
        self._listener.listen()
        self._spawn(self._accept)

    def stop(self) -> None:
        """End every connection, and fail if a handler did."""
        self.released.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for wire in self._open:
            try:
                wire.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        self.path.unlink(missing_ok=True)
        assert not self.problems

    def on(self, what: str, handler: Callable[[Exchange], None]) -> None:
        self.handlers[what] = handler

    def replies(self, what: str, status: int, body: object = None) -> None:
        self.handlers[what] = lambda exchange: exchange.answer(status, body)

    def hang(self, _exchange: Exchange) -> None:
        """Answer nothing, until the test has ended."""
        self.released.wait(10)

    def last(self, what: str) -> Exchange:
        """The latest request of that method and path."""
        method, _, path = what.partition(" ")
        return [one for one in self.seen if (one.method, one.path) == (method, path)][-1]

    def _spawn(self, run: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(wire)
            self._spawn(self._serve, wire)

    def _serve(self, wire: socket.socket) -> None:
        with wire:
            try:
                while (exchange := self._read(wire)) is not None:
                    self.seen.append(exchange)
                    handler = self.handlers.get(f"{exchange.method} {exchange.path}")
                    if handler is None:
                        exchange.answer(404, {"message": "nothing scripted"})
                    else:
                        handler(exchange)
                    if exchange.headers.get("connection", "").lower() in ("close", "upgrade"):
                        return
            except OSError:
                return
            except Exception as problem:  # noqa: BLE001 - told to the test
                self.problems.append(problem)

    @staticmethod
    def _read(wire: socket.socket) -> Exchange | None:
        data = b""
        while b"\r\n\r\n" not in data:
            received = wire.recv(65536)
            if not received:
                return None
            data += received
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            name.lower(): value.strip() for name, _, value in (ln.partition(":") for ln in lines)
        }
        length = int(headers.get("content-length", "0"))
        while len(rest) < length:
            rest += wire.recv(65536)
        parts = urlsplit(target)
        path = parts.path
        if path.startswith("/v1."):
            path = "/" + path.split("/", 2)[2]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return Exchange(wire, method, path, query, headers, rest[:length], rest[length:])


@pytest.fixture
def scripted() -> Iterator[ScriptedEngine]:
    folder = Path(tempfile.mkdtemp(prefix="rt-docker-"))
    engine = ScriptedEngine(folder / "sock")
    engine.start()
    yield engine
    engine.stop()
    shutil.rmtree(folder)


@pytest.fixture
def new_engine() -> Callable[[Path], ScriptedEngine]:
    """Makes further ones, for the test to start and stop."""
    return ScriptedEngine


@pytest.fixture
def docker(scripted: ScriptedEngine) -> Iterator[DockerClient]:
    """A client of it, whose pulls are stuck after a third of a second."""
    with DockerClient(
        Endpoint(path=str(scripted.path)), base_timeout=10.0, stuck_after=0.35
    ) as client:
        yield client
