"""The server under clients and answers that misbehave."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from itertools import repeat
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from runtimes.kubelet.api import serve
from runtimes.kubelet.api import server as served
from runtimes.kubelet.api.metrics import EventCounts
from runtimes.kubelet.api.reply import Reply
from runtimes.kubelet.api.server import Server
from runtimes.kubelet.api.sight import Sight
from runtimes.kubelet.api.usage import Sampler
from runtimes.kubelet.tests.bench import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from runtimes.kubelet.api.request import Request

    Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

HUGE = 16 * 1024 * 1024


def _answer(request: Request) -> Reply:
    if request.path == ("huge",):
        return Reply(body=b"x" * HUGE)
    if request.path == ("endless",):
        return Reply(chunks=repeat(b"x" * 65536))
    return Reply(body=b"short")


class Client:
    """Asks, and reads only what it is told to."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def begin(self, path: str = "") -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        if path:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return reader, writer

    async def ask(self, path: str) -> bytes:
        return await _rest(await self.begin(path))


async def _rest(streams: Streams) -> bytes:
    """What comes before the other side hangs up, or breaks off."""
    reader, writer = streams
    found = bytearray()
    with suppress(ConnectionError):
        while part := await reader.read(1 << 20):
            found += part
    writer.close()
    return bytes(found)


async def _short(client: Client) -> bytes:
    """Ask until there is a place."""
    while True:
        if found := await client.ask("/short"):
            return found
        await asyncio.sleep(0.05)


@asynccontextmanager
async def _listening() -> AsyncIterator[Client]:
    server = Server(_answer)
    try:
        url = await server.listen("127.0.0.1", 0)
        yield Client(int(url.rpartition(":")[2]))
    finally:
        await server.close()


@pytest.mark.parametrize("path", ["/huge", "/endless"])
def test_a_client_that_never_reads_is_cut_off(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "_ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(served, "_CONNECTIONS", 1)

    async def run() -> int:
        async with _listening() as client:
            stuck = await client.begin(path)
            await stuck[0].readuntil(b"\r\n\r\n")
            await _short(client)  # there is a place again
            async with asyncio.timeout(20):
                return len(await _rest(stuck))

    assert asyncio.run(run()) < HUGE


def test_silent_connections_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "_CONNECTIONS", 2)

    async def run() -> tuple[bytes, bytes]:
        async with _listening() as client:
            silent = [await client.begin() for _ in range(2)]
            refused = await client.ask("/short")
            silent[0][1].close()
            answered = await _short(client)
            silent[1][1].close()
            return refused, answered

    refused, answered = asyncio.run(run())

    assert refused == b""
    assert answered.endswith(b"short")


def test_it_ends_with_its_connections_and_without_complaints(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def run() -> None:
        async with _listening() as client:
            follower = await client.begin("/endless")
            await follower[0].readuntil(b"\r\n\r\n")
            silent = await client.begin()
        await _rest(follower)
        assert await _rest(silent) == b""

    asyncio.run(run())

    assert [one.getMessage() for one in caplog.records if one.name == "asyncio"] == []


def test_sampling_outlives_an_os_error_and_even_a_bug_in_it_leaves_nobody_listening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(tmp_path)
    sight = Sight(
        runtime=bench.runtime, store=bench.store, config=bench.config, kept=list, stalled=str
    )
    looks = Mock(side_effect=[OSError("went meanwhile"), OSError("again"), ZeroDivisionError])
    monkeypatch.setattr(Sampler, "sample", looks)
    monkeypatch.setattr(serve, "PERIOD", 0.01)

    async def run() -> None:
        async with serve.served(sight, EventCounts(), ("127.0.0.1", 0)) as url:
            urls.append(url)
            await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})

    urls: list[str] = []
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())

    assert looks.call_count == 3
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(Client(int(urls[0].rpartition(":")[2])).begin())
