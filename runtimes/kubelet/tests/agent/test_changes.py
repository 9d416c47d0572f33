"""How the agent hears of changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState, RunningPod
from runtimes.kubelet.agent import changes
from runtimes.kubelet.agent.changes import EventThread, ListPace, changed, looks_of
from runtimes.kubelet.tests.builders import RUNNING, attempt, sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


class Streams:
    """A PodRuntime as far as events go: each element is one stream's uids, or why there is none."""

    def __init__(self, *streams: list[str] | errors.Error) -> None:
        self.streams = list(streams)
        self.asked = threading.Semaphore(0)

    def events(self) -> Iterator[str]:
        self.asked.release()
        found = self.streams.pop(0) if self.streams else errors.Unimplemented("no more")
        if isinstance(found, errors.Error):
            raise found
        yield from found


def test_events_that_break_off_are_heard_again() -> None:
    heard, enough = [], threading.Event()

    def hear(uid: str) -> None:
        heard.append(uid)
        if uid == "c":
            enough.set()

    streams = Streams(["a"], errors.Unavailable("away"), ["b", "c"])
    EventThread(streams, hear, retry=0.001)  # type: ignore[arg-type]  # the one call that it makes

    assert enough.wait(30)
    assert heard == ["a", "b", "c"]


def test_that_events_stay_away_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(changes.log, "warning", lambda _words, error: told.append(str(error)))
    away = errors.Unavailable("away")
    streams = Streams(away, away, errors.Unavailable("still away"), ["a"], away, away)
    EventThread(streams, lambda _uid: None, retry=0.001)  # type: ignore[arg-type]  # the one call that it makes

    for _ in range(7):
        assert streams.asked.acquire(timeout=30)
    assert told == ["away", "still away", "away"]


def test_pods_are_listed_once_more_after_events_have_begun_and_then_each_minute() -> None:
    pace = ListPace()
    working = {second: second >= 3 for second in range(200)}

    listed = [now for now in working if pace.is_due(now, working=working[now])]

    assert listed == [0, 1, 2, 12, 72, 132, 192]


def test_a_runtime_without_events_is_not_asked_again() -> None:
    streams = Streams(errors.Unimplemented("none here"), ["a"])
    events = EventThread(streams, print, retry=0.001)  # type: ignore[arg-type]  # the one call that it makes

    assert streams.asked.acquire(timeout=30)
    assert not streams.asked.acquire(timeout=0.2)
    assert not events.working


def test_a_pod_has_changed_when_any_state_has() -> None:
    def one(state: ContainerState, *, ready: bool = True) -> RunningPod:
        return RunningPod(
            uid="u",
            name="n",
            namespace="d",
            created_at_ns=0,
            containers=(attempt("a", state),),
            sandboxes=(sandbox(ready=ready),),
        )

    before = looks_of([one(RUNNING)])

    assert changed(before, looks_of([one(RUNNING)])) == set()
    assert changed(before, looks_of([one(ContainerState.EXITED)])) == {"u"}
    assert changed(before, looks_of([one(RUNNING, ready=False)])) == {"u"}
    assert changed(before, {}) == {"u"}
