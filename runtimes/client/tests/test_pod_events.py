"""Events from looks, on a backend that tells of changes and on one that doesn't."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from runtimes.client.pod_events import EventKind, compare, look
from runtimes.core import errors
from runtimes.core.pod.status import ContainerState, ContainerStatus, RunningPod, SandboxStatus

if TYPE_CHECKING:
    from runtimes.client import Runtime


def _pod(*containers: tuple[str, ContainerState], ready: bool = True) -> RunningPod:
    return RunningPod(
        uid="u",
        name="web",
        namespace="default",
        created_at_ns=1,
        sandboxes=(SandboxStatus(id="box", attempt=0, ready=ready, created_at_ns=1),),
        containers=tuple(
            ContainerStatus(id=name, name=name, state=state) for name, state in containers
        ),
    )


def _told(before: list[RunningPod], after: list[RunningPod]) -> list[tuple[str, str]]:
    events = compare(look(before, 1), look(after, 2), 2)
    return [(one.container or "sandbox", one.kind) for one in events]


RUNNING, EXITED, CREATED = ContainerState.RUNNING, ContainerState.EXITED, ContainerState.CREATED


def test_steps_between_two_looks_are_all_told() -> None:
    assert _told([], [_pod(("a", EXITED))]) == [
        ("sandbox", "started"), ("a", "created"), ("a", "started"), ("a", "stopped"),
    ]  # fmt: skip
    assert _told([_pod(("a", CREATED))], [_pod(("a", RUNNING))]) == [("a", "started")]
    assert _told([_pod(("a", RUNNING))], [_pod(("a", EXITED), ready=False)]) == [
        ("sandbox", "stopped"), ("a", "stopped"),
    ]  # fmt: skip


def test_what_is_gone_was_removed_containers_first() -> None:
    assert _told([_pod(("a", EXITED))], []) == [("a", "removed"), ("sandbox", "removed")]


def test_nothing_new_is_no_event() -> None:
    assert _told([_pod(("a", RUNNING))], [_pod(("a", RUNNING))]) == []


@pytest.mark.parametrize("has_events", [True, False])
def test_a_run_is_told_from_its_start_to_its_end(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, has_events: bool
) -> None:
    if not has_events:
        monkeypatch.setattr("runtimes.client.pod_events._RELIST_PERIOD", 0.02)
        monkeypatch.setattr(runtime.backend_runtime, "events", _no_events)
    events: SimpleQueue[tuple[str, str, int | None]] = SimpleQueue()
    ready = threading.Event()

    def follow() -> None:
        stream = runtime.events()
        ready.set()
        for event in stream:
            events.put((event.container, event.kind, event.exit_code))

    threading.Thread(target=follow, daemon=True).start()
    ready.wait(5)
    name = "busybox"
    while events.empty():  # the first look may come after a quick pod's whole life
        runtime.run(name, ["sh", "-c", "exit 3"]).wait(timeout=10)

    seen = []
    while (name, EventKind.STOPPED, 3) not in seen:
        seen.append(events.get(timeout=10))
    assert (name, EventKind.STARTED, None) in seen


def _no_events() -> None:
    raise errors.Unimplemented("no events")
