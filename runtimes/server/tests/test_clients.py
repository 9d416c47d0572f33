"""What clients do with `runtimes serve`: an old kubelet, a second server, many at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.server.tests import pods
from runtimes.server.tests.hosting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.server.tests.process import Server


def test_the_old_api_does_a_pods_life(serve: Callable[..., Server]) -> None:
    with serve().connect(api="v1alpha2") as service:
        running = pods.run_stubborn(service)
        assert service.version().runtime_api_version == "v1alpha2"
        assert service.exec_sync(running, ["echo", "hello"], 5).stdout == b"hello\n"
        service.stop_container(running, 0)
        with pytest.raises(errors.Unimplemented):
            service.runtime_config()


def test_a_server_can_stand_before_a_server(serve: Callable[..., Server], tmp_path: Path) -> None:
    behind = serve()
    before = tmp_path / "before.sock"
    proxy = serve(
        "-b", "cri", "--option", f"endpoint=unix://{behind.path}", "--listen", f"unix://{before}",
    )  # fmt: skip
    proxy.path = before
    with proxy.connect() as service:
        running = pods.run_stubborn(service)
        assert [one.id for one in service.stream_containers()] == [running]
        with pytest.raises(errors.NotFound, match="no-such"):
            service.container_status("no-such")
        events = service.get_container_events()
        with ThreadPoolExecutor(1) as reader:
            first = reader.submit(next, events)
            wait_until(lambda: _emits(service, first.done), "an event came through")
        assert first.result(0).container_id


def _emits(service: object, done: Callable[[], bool]) -> bool:
    config = pods.pod(f"p{time.monotonic_ns()}")
    sandbox = service.run_pod_sandbox(config)  # type: ignore[attr-defined]  # a CriService
    service.remove_pod_sandbox(sandbox)  # type: ignore[attr-defined]  # a CriService
    return done()


def test_500_containers_are_listed_whole(serve: Callable[..., Server]) -> None:
    with serve().connect() as service:
        service.pull_image(pods.IMAGE)
        config = pods.pod("many")
        sandbox = service.run_pod_sandbox(config)
        made = [
            service.create_container(sandbox, pods.container(f"c{one}", ["true"]), config)
            for one in range(500)
        ]

        assert sorted(one.id for one in service.list_containers()) == sorted(made)
        assert sorted(one.id for one in service.stream_containers()) == sorted(made)


def test_32_clients_at_once_are_all_answered(serve: Callable[..., Server]) -> None:
    server = serve()

    def work(number: int) -> int:
        with server.connect() as service:
            sandbox = service.run_pod_sandbox(pods.pod(f"p{number}"))
            statuses = [service.pod_sandbox_status(sandbox).status for _ in range(20)]
            service.stop_pod_sandbox(sandbox)
            service.remove_pod_sandbox(sandbox)
            return sum(one.id == sandbox for one in statuses)

    with ThreadPoolExecutor(32) as clients:
        assert list(clients.map(work, range(32))) == [20] * 32
    with server.connect() as service:
        assert service.list_pod_sandbox() == []
