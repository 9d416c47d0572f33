"""Events of whole lives, whoever lives them and whichever process sees to it."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.event.life import Stage, between

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import Pods

CREATED, STARTED, STOPPED, DELETED = (
    cri.CONTAINER_CREATED_EVENT,
    cri.CONTAINER_STARTED_EVENT,
    cri.CONTAINER_STOPPED_EVENT,
    cri.CONTAINER_DELETED_EVENT,
)


def until(
    events: Iterable[cri.ContainerEventResponse], object_id: str, last: int
) -> list[cri.ContainerEventResponse]:
    """An object's events up to one kind."""
    found = []
    with deadline.within(10):
        for event in events:
            if event.container_id == object_id:
                found.append(event)
                if event.container_event_type == last:
                    break
    return found


def kinds(events: Iterable[cri.ContainerEventResponse]) -> list[int]:
    return [event.container_event_type for event in events]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (Stage.UNBORN, Stage.DELETED, [CREATED, DELETED]),
        (Stage.UNBORN, Stage.STOPPED, [CREATED, STARTED, STOPPED]),
        (Stage.CREATED, Stage.DELETED, [DELETED]),
        (Stage.STARTED, Stage.DELETED, [STOPPED, DELETED]),
        (Stage.STOPPED, Stage.STOPPED, []),
    ],
)
def test_what_was_missed_is_told_all_the_same(
    before: Stage, now: Stage, expected: list[int]
) -> None:
    assert list(between(before, now)) == expected


@pytest.mark.needs_root
@pytest.mark.needs_oci
def test_a_pods_life_is_told_with_its_state_at_each_turn(pods: Pods) -> None:
    events = pods.service.get_container_events()
    pod = pods.run()
    container = pods.start(pod)
    pods.service.stop_container(container, 0)
    pods.service.remove_container(container)
    pods.service.stop_pod_sandbox(pod.id)
    pods.service.remove_pod_sandbox(pod.id)

    found = until(events, pod.id, DELETED)

    assert kinds(found) == [CREATED, STARTED, STOPPED, DELETED]
    assert {event.pod_sandbox_status.metadata.uid for event in found} == {pod.config.metadata.uid}
    assert found[-1].pod_sandbox_status.state == cri.SANDBOX_NOTREADY


@pytest.mark.needs_root
@pytest.mark.needs_oci
def test_other_services_on_the_root_are_heard_of(
    pods: Pods, open_service: Callable[..., OciService]
) -> None:
    pod = pods.run()
    with open_service() as other:
        events = other.get_container_events()
        container = pods.start(pod, ["sh", "-c", "exit 3"])

        found = until(events, container, STOPPED)
        pods.service.remove_container(container)
        last = until(events, container, DELETED)

    assert kinds(found) == [CREATED, STARTED, STOPPED]
    (status,) = found[-1].containers_statuses
    assert (status.id, status.exit_code) == (container, 3)
    assert not last[-1].containers_statuses


@pytest.mark.needs_root
@pytest.mark.needs_oci
def test_a_container_that_never_ran_is_not_told_as_stopped(pods: Pods) -> None:
    events = pods.service.get_container_events()
    container = pods.create(pods.run())
    pods.service.remove_container(container)

    assert kinds(until(events, container, DELETED)) == [CREATED, DELETED]


@pytest.mark.needs_root
@pytest.mark.needs_oci
def test_what_was_there_before_is_no_news(pods: Pods) -> None:
    container = pods.start(pods.run())
    events = pods.service.get_container_events()
    pods.service.stop_container(container, 0)

    assert kinds(until(events, container, STOPPED)) == [STOPPED]
    with deadline.within(0.3), pytest.raises(errors.DeadlineExceeded, match="events"):
        next(events)


@pytest.mark.needs_root
@pytest.mark.needs_oci
def test_closing_ends_the_reader_and_the_thread(pods: Pods) -> None:
    events = pods.service.get_container_events()
    reader = threading.Thread(target=lambda: list(events))
    reader.start()

    events.close()  # type: ignore[attr-defined]  # as a generator has it

    reader.join(10)
    assert not reader.is_alive()
    with suppress(StopIteration):
        next(events)
        pytest.fail("it goes on")
