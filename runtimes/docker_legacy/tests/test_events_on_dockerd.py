"""Events of a real Docker Engine."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.testimage.busybox import BUSYBOX
from runtimes.core import deadline
from runtimes.core.docker.interface import CreateOptions
from runtimes.docker_legacy.client import DockerClient
from runtimes.docker_legacy.endpoint import parse

if TYPE_CHECKING:
    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]


def test_the_events_of_a_container_s_life_come_in_order(runtimes_engines: EngineSession) -> None:
    endpoint = parse(runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"])
    name = f"rt-events-{secrets.token_hex(4)}"
    options = CreateOptions(
        name=name, config={"Image": BUSYBOX, "Cmd": ["sh", "-c", "exit 3"]}, host_config={}
    )
    filters = {"type": ["container"], "container": [name]}

    with (
        DockerClient(endpoint) as docker,
        docker.events(filters) as events,
        deadline.within(30),
    ):
        container = docker.create_container(options)["Id"]
        docker.start_container(container)
        seen = [next(events) for _ in range(3)]
        docker.remove_container(container, force=True)
        last = next(events)

    assert [event["Action"] for event in seen] == ["create", "start", "die"]
    assert {event["Actor"]["ID"] for event in seen} == {container}
    assert seen[2]["Actor"]["Attributes"]["exitCode"] == "3"
    assert last["Action"] == "destroy"
