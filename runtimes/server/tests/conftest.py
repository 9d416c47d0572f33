from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from runtimes.server.server import Limits
from runtimes.server.tests.hosting import Hosted, wait_until
from runtimes.server.tests.local import LocalStreams
from runtimes.server.tests.pods import run_stubborn
from runtimes.server.tests.process import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.core.cri.services import CriService
    from runtimes.server.streaming.listening import Listening


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Callable[..., Hosted]]:
    """Serve a service object on a thread of this process."""
    with ExitStack() as stack:

        def start(
            service: CriService, limits: Limits | None = None, listening: Listening | None = None
        ) -> Hosted:
            hosted = Hosted(service, tmp_path / "hosted.sock", limits, listening)
            stack.callback(hosted.stop)
            hosted.start()
            return hosted

        yield start


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Run `runtimes serve` on the fake backend in a process of its own."""
    with ExitStack() as stack:

        def start(*words: str, wait: bool = True) -> Server:
            server = Server(tmp_path, words)
            stack.callback(server.end)
            server.start()
            if wait:
                server.wait_until_it_serves()
            return server

        yield start


@pytest.fixture
def streams() -> Iterator[LocalStreams]:
    service = LocalStreams()
    yield service
    wait_until(lambda: all(one.closed for one in service.sessions), "the sessions to be closed")


@pytest.fixture
def hosted(host: Callable[..., Hosted], streams: LocalStreams) -> Hosted:
    return host(streams, Limits(openers=2))


@pytest.fixture
def client(hosted: Hosted) -> CriService:
    return hosted.connect()


@pytest.fixture
def container(client: CriService) -> str:
    return run_stubborn(client)
