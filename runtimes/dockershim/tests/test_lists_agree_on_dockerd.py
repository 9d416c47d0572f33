"""A list and a status never contradict each other, whoever asks in which order."""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.tests.wait import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.docker.types import ContainerSummary
    from runtimes.dockershim.service import DockershimService
    from runtimes.dockershim.tests.conftest import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]


@pytest.fixture
def config(node: Node) -> cri.PodSandboxConfig:
    return node.sandbox("agree")


@pytest.fixture
def sandbox(service: DockershimService, config: cri.PodSandboxConfig) -> str:
    return service.run_pod_sandbox(config)


def listed(service: DockershimService, container_id: str) -> cri.Container:
    (found,) = service.list_containers(cri.ContainerFilter(id=container_id))
    return found


def status(service: DockershimService, container_id: str) -> cri.ContainerStatus:
    return service.container_status(container_id).status


def has_exited(service: DockershimService, container_id: str) -> bool:
    return status(service, container_id).state == cri.CONTAINER_EXITED


def follow_events(service: DockershimService) -> None:
    for _ in range(2):
        service.list_containers()
    assert service.engine.cache.watch.wait_live(10)


def test_a_container_that_can_not_be_started_has_exited_in_both(
    node: Node, service: DockershimService, sandbox: str, config: cri.PodSandboxConfig
) -> None:
    container = service.create_container(sandbox, node.container("/no/such/program"), config)
    assert listed(service, container).state == cri.CONTAINER_CREATED

    with pytest.raises(errors.InvalidArgument) as raised:
        service.start_container(container)

    assert raised.value.__cause__ is not raised.value
    for one in (service, node.open()):
        assert listed(one, container).state == cri.CONTAINER_EXITED
        assert status(one, container).state == cri.CONTAINER_EXITED
    only_exited = cri.ContainerStateValue(state=cri.CONTAINER_EXITED)
    wanted = cri.ContainerFilter(id=container, state=only_exited)
    assert [one.id for one in service.list_containers(wanted)] == [container]
    service.remove_container(container)
    service.list_containers()
    assert list(service.engine.paths.failed.iterdir()) == []


def test_a_failed_start_that_is_noted_while_a_list_is_asked_for_is_not_forgotten(
    node: Node, service: DockershimService, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = service.engine.cache.containers

    def noted_meanwhile() -> list[ContainerSummary]:
        found = asked()
        service.engine.failed.add("made-since")
        return found

    monkeypatch.setattr(service.engine.cache, "containers", noted_meanwhile)

    service.list_containers()

    assert service.engine.failed.noted() == {"made-since"}


def test_a_start_that_failed_by_hand_is_exited_in_lists_once_a_status_said_so(
    node: Node, service: DockershimService, sandbox: str, config: cri.PodSandboxConfig
) -> None:
    container = service.create_container(sandbox, node.container("/no/such/program"), config)

    with pytest.raises(errors.Error):
        node.docker().start_container(container)

    assert status(service, container).state == cri.CONTAINER_EXITED
    assert listed(service, container).state == cri.CONTAINER_EXITED


@pytest.mark.parametrize("events", [True, False], ids=["with-events", "asked-for-the-first-time"])
def test_a_container_whose_end_a_status_told_is_never_listed_as_running(
    node: Node, service: DockershimService, config: cri.PodSandboxConfig, *, events: bool
) -> None:
    sandbox = service.run_pod_sandbox(config)
    for number in range(3):
        wanted = node.container("true", name=f"short{number}")
        container = service.create_container(sandbox, wanted, config)
        asked = service if events else node.open(relist_period=1000.0)
        if events:
            follow_events(asked)
        service.start_container(container)

        wait_for(partial(has_exited, asked, container), "its end to be told")

        assert listed(asked, container).state == cri.CONTAINER_EXITED


def test_both_show_an_image_that_was_asked_for_by_its_id_with_its_pods_name_for_it(
    node: Node, service: DockershimService, sandbox: str, config: cri.PodSandboxConfig
) -> None:
    wanted = node.container()
    name = wanted.image.image
    image_id = service.image_status(wanted.image).image.id
    wanted.image.CopyFrom(cri.ImageSpec(image=image_id, user_specified_image=name))

    container = service.create_container(sandbox, wanted, config)

    assert listed(service, container).image.image == name
    assert status(service, container).image.image == name


def test_a_sandboxes_status_has_its_containers_as_they_are_by_themselves(
    node: Node, service: DockershimService, sandbox: str, config: cri.PodSandboxConfig
) -> None:
    made = service.create_container(sandbox, node.container(), config)
    run = service.create_container(sandbox, node.container(name="run"), config)
    service.start_container(run)

    answer = service.pod_sandbox_status(sandbox)

    assert list(answer.containers_statuses) == [status(service, run), status(service, made)]
    assert answer.timestamp >= answer.containers_statuses[0].started_at


def test_both_tell_the_same_moment_of_creation_and_order_by_it(
    node: Node, service: DockershimService, sandbox: str, config: cri.PodSandboxConfig
) -> None:
    made = [
        service.create_container(sandbox, node.container(name=f"c{number}"), config)
        for number in range(3)
    ]

    found = service.list_containers(cri.ContainerFilter(pod_sandbox_id=sandbox))

    assert [one.id for one in found] == made[::-1]
    assert [one.created_at for one in found] == [
        status(service, one.id).created_at for one in found
    ]


def _stop(service: DockershimService, sandbox: str) -> None:
    service.stop_pod_sandbox(sandbox)


def _kill_pause(service: DockershimService, sandbox: str) -> None:
    record = service.engine.sandboxes.of(sandbox)
    assert record is not None
    assert record.pause is not None
    os.kill(record.pause.pid, signal.SIGKILL)


def _lose_record(service: DockershimService, sandbox: str) -> None:
    record = service.engine.sandboxes.of(sandbox)
    assert record is not None
    (service.engine.paths.sandbox(record.id) / "record.json").unlink()


@pytest.mark.parametrize("harm", [_stop, _kill_pause, _lose_record])
def test_sandboxes_are_the_same_in_both(
    service: DockershimService, sandbox: str, harm: Callable[[DockershimService, str], None]
) -> None:
    follow_events(service)

    for state in (cri.SANDBOX_READY, cri.SANDBOX_NOTREADY):
        (found,) = service.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox))
        told = service.pod_sandbox_status(sandbox).status
        assert (found.state, found.created_at) == (told.state, told.created_at)
        assert (found.metadata, found.labels) == (told.metadata, told.labels)
        if state == cri.SANDBOX_READY:
            assert found.state == state
            harm(service, sandbox)
