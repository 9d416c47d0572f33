"""What lists are made of: ends that only a description told of, and an Engine that hangs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from runtimes.core import deadline, errors, labels
from runtimes.dockershim.cache.containers import ContainerCache

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface, ListOptions
    from runtimes.core.docker.types import ContainerInspect, ContainerSummary

NEVER, ENDED = "0001-01-01T00:00:00Z", "1970-01-01T00:00:02Z"
CREATED = {"Status": "created", "Running": False, "FinishedAt": NEVER}
EXITED = {"Status": "exited", "Running": False, "FinishedAt": ENDED}
RUNNING = {"Status": "running", "Running": True, "FinishedAt": NEVER}


@dataclass
class LateDocker:
    """One container, which its lists call running whatever its description says."""

    state: dict[str, object]
    inspected: list[str] = field(default_factory=list)

    def inspect_container(self, container_id: str) -> ContainerInspect:
        self.inspected.append(container_id)
        return cast("ContainerInspect", {"Id": container_id, "State": self.state})

    def list_containers(self, options: ListOptions) -> list[ContainerSummary]:
        own = {labels.DOCKER_TYPE: labels.DOCKER_TYPE_CONTAINER}
        return [cast("ContainerSummary", {"Id": "a", "State": "running", "Labels": own})]


@dataclass
class HungDocker:
    """Lists nothing, once it may."""

    may: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)

    def list_containers(self, options: ListOptions) -> list[ContainerSummary]:
        self.asked.set()
        self.may.wait(10)
        return []


def listed(cache: ContainerCache) -> str:
    (found,) = cache.containers()
    return found["State"]


def test_lists_ask_about_an_end_that_was_told_until_the_container_runs_again() -> None:
    docker = LateDocker(EXITED)
    cache = ContainerCache(cast("DockerInterface", docker))
    cache.inspect("a")

    assert listed(cache) == "exited"
    docker.state = RUNNING
    assert listed(cache) == "running"
    docker.inspected.clear()

    assert listed(cache) == "running"
    assert docker.inspected == []


def test_lists_do_not_ask_about_a_container_that_was_seen_before_its_start() -> None:
    docker = LateDocker(CREATED)
    cache = ContainerCache(cast("DockerInterface", docker))
    cache.inspect("a")
    docker.state = RUNNING
    docker.inspected.clear()

    assert listed(cache) == "running"
    assert docker.inspected == []


def test_a_list_behind_one_that_hangs_ends_at_its_callers_deadline() -> None:
    docker = HungDocker()
    cache = ContainerCache(cast("DockerInterface", docker))
    cache.connected()
    patient = threading.Thread(target=cache.containers)
    patient.start()
    assert docker.asked.wait(10)

    with deadline.within(0.05), pytest.raises(errors.DeadlineExceeded):
        cache.sandboxes()

    docker.may.set()
    patient.join()
    assert cache.sandboxes() == []
