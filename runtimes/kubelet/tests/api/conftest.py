"""The API over a kubelet on the in-memory service, with its loop in a thread."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.contract.engines.session import give_up
from runtimes.contract.fake.clock import WallClock
from runtimes.kubelet.api.metrics import EventCounts
from runtimes.kubelet.api.serve import served
from runtimes.kubelet.api.sight import Sight
from runtimes.kubelet.tests.api import browser as browsers
from runtimes.kubelet.tests.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.tests.api.browser import Page


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: http.client.HTTPMessage

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever it is
        return json.loads(self.text)


@dataclass
class Api:
    """The API in a thread; pods are made by workers of this one."""

    bench: Bench
    counts: EventCounts = field(default_factory=EventCounts)
    stalled: str = ""

    def __post_init__(self) -> None:
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._up.wait(20)

    async def _serve(self) -> None:
        sight = Sight(
            runtime=self.bench.runtime,
            store=self.bench.store,
            config=self.bench.config,
            kept=list,
            stalled=lambda: self.stalled,
        )
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with served(sight, self.counts, ("127.0.0.1", 0)) as url:
            self.url = url
            self._up.set()
            await self._over.wait()

    def close(self) -> None:
        """End it. Idempotent."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join(20)
        assert not self._thread.is_alive()

    def run(self, pod: v1.Pod) -> v1.Pod:
        """Start a pod, and go on without driving it."""
        worker = self.bench.worker(pod, fresh=True)
        worker.run(until=lambda view: view.running or view.finished, timeout=20)
        return worker.pod

    def ask(self, path: str, method: str = "GET", host: str = "") -> Answer:
        connection = self.connect()
        connection.putrequest(method, path, skip_host=bool(host))
        if host:
            connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        found = Answer(answer.status, answer.read().decode(), answer.headers)
        connection.close()
        return found

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=20)


def until(ask: Callable[[], object]) -> None:
    for _ in range(600):
        if ask():
            return
        threading.Event().wait(0.05)
    raise AssertionError("not within 30 s")


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    bench = Bench(tmp_path, clock=WallClock())  # type: ignore[arg-type]  # the API lives in real time
    made = Api(bench)
    yield made
    made.close()
    bench.service.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    program = browsers.find()
    if program is None:
        give_up("needs a browser (apt-get install chromium)")
        return
    with browsers.browser(program, tmp_path_factory.mktemp("chromium")) as page:
        yield page
