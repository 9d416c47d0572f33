"""Events, ended from both sides."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from runtimes.core.docker.types import Event
    from runtimes.docker_legacy.client import DockerClient
    from runtimes.docker_legacy.tests.conftest import Exchange, ScriptedEngine

EVENTS = "GET /events"
DIE = {
    "Type": "container",
    "Action": "die",
    "Actor": {"ID": "c1"},
    "time": 7,
    "timeNano": 7 * 10**9,
}


def keep_open(scripted: ScriptedEngine, *events: dict[str, object]) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.begin_chunks()
        for event in events:
            exchange.message(**event)
        scripted.released.wait(10)

    scripted.on(EVENTS, handler)


def test_events_come_as_they_happen(scripted: ScriptedEngine, docker: DockerClient) -> None:
    keep_open(scripted, DIE, {**DIE, "Action": "start"})

    with docker.events({"type": ["container"]}, since=5.5) as events:
        first, second = next(events), next(events)

    assert (first["Action"], second["Action"]) == ("die", "start")
    assert first["Actor"] == {"ID": "c1", "Attributes": {}}
    assert scripted.last(EVENTS).query == {
        "filters": '{"type": ["container"]}',
        "since": "5.500000000",
    }


def test_events_end_when_another_thread_closes_them(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    keep_open(scripted, DIE)
    events = docker.events()
    got: list[Event] = []
    first = threading.Event()

    def read() -> None:
        for event in events:
            got.append(event)
            first.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert first.wait(5)

    events.close()

    reader.join(5)
    assert not reader.is_alive()
    assert [event["Action"] for event in got] == ["die"]
    assert list(events) == []


def test_events_end_when_the_client_is_closed(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    keep_open(scripted)
    events = docker.events()
    closing = threading.Timer(0.2, docker.close)
    closing.start()

    assert list(events) == []
    closing.join()


@pytest.mark.parametrize("properly", [True, False])
def test_events_of_an_engine_that_goes_away_are_unavailable(
    scripted: ScriptedEngine, docker: DockerClient, properly: bool
) -> None:
    def handler(exchange: Exchange) -> None:
        exchange.begin_chunks()
        exchange.message(**DIE)
        if properly:
            exchange.end_chunks()

    scripted.on(EVENTS, handler)

    with docker.events() as events:
        next(events)
        with pytest.raises(errors.Unavailable):
            next(events)


def test_events_end_with_the_caller_s_deadline(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    keep_open(scripted)

    with (
        docker.events() as events,
        deadline.within(0.3),
        pytest.raises(errors.DeadlineExceeded),
    ):
        next(events)
