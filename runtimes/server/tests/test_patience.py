"""A client's deadline and its going away reach the backend, and hold nobody else's threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.server.server import Limits
from runtimes.server.tests.hosting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.core.cri.services import CriService
    from runtimes.server.tests.hosting import Hosted


class Slow(UnimplementedService):
    """Calls that go on until their caller's patience ends, and note how it ended."""

    def __init__(self) -> None:
        self.patience: list[float | None] = []
        self.ended: list[type[errors.Error]] = []
        self.started = threading.Semaphore(0)
        self.release = threading.Event()
        self.closed = threading.Event()
        self.live = 0

    def start_container(self, container_id: str) -> None:
        self.patience.append(deadline.remaining())
        self.started.release()
        try:
            while not self.release.is_set():
                deadline.check("start")
                time.sleep(0.005)
        except errors.Error as error:
            self.ended.append(type(error))
            raise

    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        return [cri.Container(id="x")]

    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        try:
            while True:
                yield cri.Container(id="x" * 4096)
        finally:
            self.closed.set()

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        self.live += 1
        self.started.release()
        try:
            while True:
                deadline.check("wait for an event")
                if self.release.wait(0.005):
                    yield cri.ContainerEventResponse(container_id="x")
        finally:
            self.live -= 1
            self.closed.set()

    def exec_sync(self, container_id: str, cmd: object, timeout: int) -> cri.ExecSyncResponse:
        return cri.ExecSyncResponse(stdout=b"x" * timeout * 1024 * 1024)


class Deaf(UnimplementedService):
    """Its events look at nobody's patience while they wait for the next one."""

    def __init__(self) -> None:
        self.started = threading.Semaphore(0)
        self.release = threading.Event()

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        self.started.release()
        while self.release.wait(30):
            yield cri.ContainerEventResponse(container_id="x")


def test_the_clients_deadline_reaches_the_backend(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    with host(slow).connect(api="v1") as service:
        with pytest.raises(errors.DeadlineExceeded), deadline.within(0.5):
            service.start_container("x")
        wait_until(lambda: bool(slow.ended), "the backend has noticed")

    (patience,) = slow.patience
    assert patience is not None
    assert 0 < patience <= 0.5
    assert slow.ended[0] in {errors.DeadlineExceeded, errors.Canceled}


def test_a_client_that_goes_away_reaches_the_backend(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    service = host(slow).connect(api="v1")
    caller = threading.Thread(target=_swallow, args=(lambda: service.start_container("x"),))
    caller.start()
    assert slow.started.acquire(timeout=10)

    service.close()

    wait_until(lambda: slow.ended == [errors.Canceled], "the backend has noticed")
    caller.join(10)


def test_a_client_that_goes_away_ends_a_list_stream(
    host: Callable[..., Hosted], caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow()
    service = host(slow).connect(api="v1")
    stream = service.stream_containers()
    next(stream)

    service.close()

    assert slow.closed.wait(10)
    assert [record for record in caplog.records if record.exc_info] == []


def test_a_client_that_goes_away_ends_an_event_stream(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    hosted = host(slow)
    service = hosted.connect(api="v1")
    reader = threading.Thread(target=_swallow, args=(lambda: list(service.get_container_events()),))
    reader.start()
    assert slow.started.acquire(timeout=10)
    assert slow.live == 1

    service.close()

    assert slow.closed.wait(10)
    wait_until(lambda: slow.live == 0, "the stream has ended")
    reader.join(10)


def test_calls_that_take_long_leave_room_for_those_that_look(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    hosted = host(slow, Limits(workers=2, readers=2))
    with hosted.connect(api="v1") as service, ThreadPoolExecutor(6) as callers:
        waiting = [callers.submit(service.start_container, str(one)) for one in range(6)]
        slow.started.acquire(timeout=10)
        slow.started.acquire(timeout=10)

        with deadline.within(5):
            assert [one.id for one in service.list_containers()] == ["x"]

        assert hosted.server.busy == 2
        slow.release.set()
        assert [one.result(10) for one in waiting] == [None] * 6


def test_a_call_that_waited_too_long_never_starts(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    with host(slow, Limits(workers=1)).connect(api="v1") as service:
        first = threading.Thread(target=lambda: service.start_container("x"))
        first.start()
        assert slow.started.acquire(timeout=10)
        with pytest.raises(errors.DeadlineExceeded), deadline.within(0.2):
            service.start_container("y")
        slow.release.set()
        first.join(10)

    assert len(slow.patience) == 1


def test_event_streams_hold_no_thread_of_calls(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    hosted = host(slow, Limits(workers=1, readers=1, feeds=20))
    service = hosted.connect(api="v1")
    with ThreadPoolExecutor(20) as readers:
        for _ in range(20):
            readers.submit(_swallow, lambda: list(service.get_container_events()))
        wait_until(lambda: slow.live == 20, "all streams are open")

        assert service.list_containers()
        with pytest.raises(errors.ResourceExhausted, match="20 streams are open already"):
            next(service.get_container_events())

        service.close()
    wait_until(lambda: slow.live == 0, "all streams have ended")


def test_an_event_stream_that_ended_makes_room(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    slow.release.set()
    hosted = host(slow, Limits(feeds=1))
    for _ in range(3):
        with hosted.connect(api="v1") as service:
            wait_until(lambda: _first_event(service) == "x", "there is room")


def test_a_stream_whose_end_the_backend_has_not_noticed_keeps_its_room(
    host: Callable[..., Hosted],
) -> None:
    deaf = Deaf()
    hosted = host(deaf, Limits(feeds=1))
    gone = hosted.connect(api="v1")
    reader = threading.Thread(target=_swallow, args=(lambda: list(gone.get_container_events()),))
    reader.start()
    assert deaf.started.acquire(timeout=10)
    gone.close()
    reader.join(10)

    with hosted.connect(api="v1") as service:
        with pytest.raises(errors.ResourceExhausted):
            next(service.get_container_events())
        deaf.release.set()
        wait_until(lambda: _first_event(service) == "x", "there is room")


def _first_event(service: CriService) -> str:
    try:
        return next(service.get_container_events()).container_id
    except errors.ResourceExhausted:
        return ""


def test_messages_of_16_mib_pass_and_larger_ones_are_refused(host: Callable[..., Hosted]) -> None:
    with host(Slow()).connect(api="v1") as service:
        assert len(service.exec_sync("x", ["x"], 15).stdout) == 15 * 1024 * 1024
        with pytest.raises(errors.ResourceExhausted, match="a message takes"):
            service.exec_sync("x", ["x"], 17)
        assert service.list_containers()


def test_a_server_that_stops_ends_streams_as_unavailable(host: Callable[..., Hosted]) -> None:
    slow = Slow()
    hosted = host(slow)
    service = hosted.connect(api="v1")
    seen: list[BaseException] = []
    reader = threading.Thread(
        target=lambda: seen.extend(_caught(lambda: list(service.get_container_events())))
    )
    reader.start()
    assert slow.started.acquire(timeout=10)

    hosted.stop()
    reader.join(10)

    assert [type(one) for one in seen] == [errors.Unavailable]
    assert "the server stops" in str(seen[0])
    assert slow.closed.wait(10)
    service.close()


def _caught(call: Callable[[], object]) -> list[errors.Error]:
    try:
        call()
    except errors.Error as error:
        return [error]
    return []


def _swallow(call: Callable[[], object]) -> None:
    _caught(call)
