"""A server on a thread of this process, for services that a test looks into."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

from runtimes.core import configure, discovery
from runtimes.core.backend import Kind
from runtimes.server.claim import claimed
from runtimes.server.server import CriServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.core.cri.services import CriService
    from runtimes.server.server import Limits
    from runtimes.server.streaming.listening import Listening


def connect(path: Path, **words: object) -> CriService:
    """The backend `cri` on a socket."""
    backend = discovery.load("cri", [Kind.CRI])
    options: object = configure.fill(backend.options, {"endpoint": f"unix://{path}", **words})
    service: CriService = backend.open(options)
    return service


def wait_until(done: Callable[[], bool], what: str, patience: float = 20.0) -> None:
    end = time.monotonic() + patience
    while not done():
        assert time.monotonic() < end, f"not within {patience} s: {what}"
        time.sleep(0.01)


class Hosted:
    def __init__(
        self,
        service: CriService,
        path: Path,
        limits: Limits | None,
        listening: Listening | None = None,
    ) -> None:
        self.path = path
        self.server: CriServer
        self._service = service
        self._limits = limits
        self._listening = listening
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._asked: asyncio.Event
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(20)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._asked.set)
            self._thread.join(20)
            assert not self._thread.is_alive()

    def connect(self, **words: object) -> CriService:
        return connect(self.path, **words)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        with claimed(self.path) as claim:
            self.server = CriServer(self._service, self._limits)
            await self.server.serve_streams(self._listening)
            await self.server.start(claim)
            self._ready.set()
            await self._asked.wait()
            await self.server.stop(0.5)
