"""The server under clients and answers that misbehave."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from itertools import repeat
from typing import TYPE_CHECKING
from unittest.mock import Mock, patch

import pytest

from runtimes.core import deadline
from runtimes.kubelet.api import serve
from runtimes.kubelet.api import server as served
from runtimes.kubelet.api.metrics import EventCounts
from runtimes.kubelet.api.reply import Reply
from runtimes.kubelet.api.server import Server
from runtimes.kubelet.api.sight import Sight
from runtimes.kubelet.api.usage import Sampler
from runtimes.kubelet.tests.bench import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from runtimes.core.pod.status import ContainerUsage
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
async def _listening(
    answer: Callable[[Request], Reply] = _answer,
    at_once: Callable[[Request], Reply | None] = lambda _: None,
) -> AsyncIterator[Client]:
    server = Server(answer, at_once)
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


def test_a_look_that_hangs_keeps_nobody_else_waiting() -> None:
    looking, go_on = threading.Event(), threading.Event()

    def stats() -> list[ContainerUsage]:
        if sampler.history():
            looking.set()
            assert go_on.wait(20)
        return []

    sampler = Sampler(stats)
    sampler.sample()
    with patch("runtimes.kubelet.api.usage._SHORTEST", 0), ThreadPoolExecutor() as pool:
        stuck = pool.submit(sampler.sample)
        assert looking.wait(20)

        others = pool.submit(sampler.latest)
        try:
            assert others.result(20)[1] == sampler.history()[-1]
        finally:
            go_on.set()
        stuck.result(20)

    assert len(sampler.history()) == 2


def test_a_clock_that_is_set_back_stops_no_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    sampler = Sampler(list)
    sampler.sample()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    monkeypatch.setattr("runtimes.kubelet.api.usage._SHORTEST", 0)

    sampler.sample()

    assert len(sampler.history()) == 2


def test_health_is_answered_though_all_threads_are_busy() -> None:
    go_on = threading.Event()

    def answer(_request: Request) -> Reply:
        go_on.wait(20)
        return Reply(body=b"late")

    def at_once(request: Request) -> Reply | None:
        return Reply(body=b"ok") if request.path == ("healthz",) else None

    async def run() -> list[bytes]:
        async with _listening(answer, at_once) as client:
            busy = [await client.begin("/pods") for _ in range(8)]
            async with asyncio.timeout(10):
                found = await client.ask("/healthz")
            go_on.set()
            return [found, *[await _rest(one) for one in busy]]

    first, *others = asyncio.run(run())

    assert first.endswith(b"ok")
    assert all(one.endswith(b"late") for one in others)


def test_whatever_works_for_the_api_has_a_deadline() -> None:
    left: list[float | None] = []

    def chunks() -> Iterator[bytes]:
        left.append(deadline.remaining())
        yield b"chunk"

    async def run() -> None:
        server = Server(lambda _: Reply(chunks=chunks()))
        url = await server.listen("127.0.0.1", 0)
        await Client(int(url.rpartition(":")[2])).ask("/log")
        await server.work(lambda: left.append(deadline.remaining()))
        await server.close()

    asyncio.run(run())

    assert [one is not None for one in left] == [True, True]
