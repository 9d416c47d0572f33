"""An Engine that hangs, forgets, refuses or is asked too much: what of it reaches callers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from runtimes.contract.testimage.busybox import BUSYBOX, busybox
from runtimes.contract.testimage.layout import Entry
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.beyond import DockerLoad
from runtimes.core.docker.interface import CreateOptions
from runtimes.core.host import usage
from runtimes.dockershim import naming
from runtimes.dockershim.tests.wait import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.dockershim.service import DockershimService
    from runtimes.dockershim.tests.conftest import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]


@dataclass
class Troubled:
    """An Engine with trouble: each container has its own, by its id."""

    docker: DockerInterface
    hangs: set[str] = field(default_factory=set)
    forgets: set[str] = field(default_factory=set)
    keeps: set[str] = field(default_factory=set)
    mended: threading.Event = field(default_factory=threading.Event)

    def __getattr__(self, name: str) -> object:
        return getattr(self.docker, name)

    def inspect_container(self, container_id: str) -> ContainerInspect:
        if container_id in self.hangs:
            self.mended.wait(30)
        if container_id in self.forgets:
            raise errors.NotFound(f"container '{container_id}' is gone")
        return self.docker.inspect_container(container_id)

    def stop_container(self, container_id: str, timeout: int) -> None:
        if container_id in self.keeps:
            raise errors.Internal(f"stop container '{container_id}': it didn't exit in time")
        self.docker.stop_container(container_id, timeout)


@pytest.fixture
def engine(node: Node) -> Troubled:
    return Troubled(node.docker())


@pytest.fixture
def service(node: Node, engine: Troubled) -> DockershimService:
    return node.open(cast("DockerInterface", engine))


def two_running(node: Node, service: DockershimService) -> tuple[str, list[str]]:
    """A sandbox and its two containers."""
    config = node.sandbox("two")
    sandbox = service.run_pod_sandbox(config)
    made = [
        service.create_container(sandbox, node.container(name=name), config)
        for name in ("one", "other")
    ]
    for container in made:
        service.start_container(container)
    return sandbox, made


def test_a_container_that_the_engine_hangs_on_keeps_nobody_from_the_others(
    node: Node, engine: Troubled, service: DockershimService
) -> None:
    _, (bad, good) = two_running(node, service)
    engine.hangs.add(bad)
    waiting = threading.Thread(target=service.container_status, args=(bad,))
    waiting.start()

    assert service.container_status(good).status.state == cri.CONTAINER_RUNNING
    assert {bad, good} <= {one.id for one in service.list_containers()}
    assert service.list_pod_sandbox()
    assert waiting.is_alive()

    engine.mended.set()
    waiting.join()


def test_a_container_that_is_listed_but_gone_is_left_out_of_what_needs_more(
    node: Node, engine: Troubled, service: DockershimService
) -> None:
    sandbox, (bad, good) = two_running(node, service)
    engine.forgets.add(bad)

    used = service.list_container_stats(cri.ContainerStatsFilter(pod_sandbox_id=sandbox))
    pods = {one.pod_sandbox_id: one for one in service.list_pod_sandbox_metrics()}

    assert [one.attributes.id for one in used] == [good]
    assert [one.container_id for one in pods[sandbox].container_metrics] == [good]
    with pytest.raises(errors.NotFound):
        service.container_status(bad)
    engine.forgets.clear()


def test_a_container_that_the_engine_can_not_stop_is_killed_by_its_cgroup(
    node: Node, engine: Troubled, service: DockershimService
) -> None:
    _, (bad, good) = two_running(node, service)
    engine.keeps.add(bad)

    service.stop_container(bad, 1)

    assert service.container_status(bad).status.state == cri.CONTAINER_EXITED
    assert service.container_status(good).status.state == cri.CONTAINER_RUNNING


def test_a_container_whose_name_somebody_else_holds_gets_another(
    node: Node, service: DockershimService
) -> None:
    config = node.sandbox("held")
    sandbox = service.run_pod_sandbox(config)
    wanted = node.container()
    name = naming.of_container(wanted.metadata, config.metadata)
    docker = service.engine.docker
    options = CreateOptions(name=name, config={"Image": BUSYBOX}, host_config={})
    holder = docker.create_container(options)["Id"]

    container = service.create_container(sandbox, wanted, config)

    assert service.container_status(container).status.metadata == wanted.metadata
    assert docker.inspect_container(container)["Name"].startswith(f"/{name}_")
    docker.remove_container(holder)


def test_what_pods_use_is_told_without_asking_the_engine(
    node: Node, counted: Callable[[], tuple[DockershimService, list[str]]]
) -> None:
    service, calls = counted()
    sandbox, containers = two_running(node, service)
    service.list_containers()
    service.list_containers()
    assert service.engine.cache.watch.wait_live(10)
    mine = cri.ContainerStatsFilter(pod_sandbox_id=sandbox)

    def told() -> list[str]:
        service.list_pod_sandbox_metrics()
        service.pod_sandbox_stats(sandbox)
        service.container_stats(containers[0])
        return [one.attributes.id for one in service.list_container_stats(mine)]

    told()
    calls.clear()

    assert set(told()) == set(containers)
    assert set(calls) <= {"list_containers"}  # The relist that may be due at this moment.


def test_a_layer_that_takes_long_to_measure_holds_up_no_statistics(
    node: Node, service: DockershimService, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, containers = two_running(node, service)
    mine = cri.ContainerStatsFilter(pod_sandbox_id=sandbox)
    really, measured = usage.measure, threading.Event()

    def measure(folder: Path, clock_ns: Callable[[], int]) -> usage.Usage:
        assert measured.wait(60)
        return really(folder, clock_ns)

    def layers() -> list[bool]:
        return [one.HasField("writable_layer") for one in service.list_container_stats(mine)]

    monkeypatch.setattr(usage, "measure", measure)
    assert layers() == [False] * len(containers)
    assert all(one.cpu.usage_core_nano_seconds.value for one in service.list_container_stats(mine))

    measured.set()
    wait_for(lambda: layers() == [True] * len(containers), "both layers to be measured")


def test_an_image_that_a_container_was_made_from_keeps_its_names(
    node: Node, service: DockershimService
) -> None:
    two_running(node, service)
    before = service.image_status(cri.ImageSpec(image=BUSYBOX)).image

    for name in (BUSYBOX, before.id):
        with pytest.raises(errors.FailedPrecondition, match="uses it"):
            service.remove_image(cri.ImageSpec(image=name))

    assert service.image_status(cri.ImageSpec(image=BUSYBOX)).image == before


def test_an_image_with_several_names_can_be_removed_by_several_at_once(
    node: Node, service: DockershimService, tmp_path: Path
) -> None:
    names = [f"localhost/troubled-{node.token}:{n}" for n in range(3)]
    image = busybox(names[0], extra=(Entry(node.token, b""),))
    archive = tmp_path / "image.tar"
    archive.write_bytes(image.archive())
    docker = service.engine.docker
    assert isinstance(docker, DockerLoad)
    docker.load_image(archive)
    for name in names[1:]:
        docker.tag_image(names[0], name)

    with ThreadPoolExecutor(4) as pool:
        asked = [cri.ImageSpec(image=name) for name in (image.id, *names)]
        assert list(pool.map(service.remove_image, asked)) == [None] * 4

    assert service.image_status(asked[0]).image.id == ""


def test_the_pause_image_is_pinned_and_others_are_not(service: DockershimService) -> None:
    pinned = [one for one in service.list_images() if one.pinned]

    assert [one.repo_tags for one in pinned] == [[service.engine.options.sandbox_image]]


def test_another_cgroup_driver_than_the_node_agents_makes_the_runtime_not_ready(
    node: Node,
) -> None:
    found = node.docker().info()["CgroupDriver"]
    other = "cgroupfs" if found == "systemd" else "systemd"
    service = node.open(cgroup_driver=other)

    conditions = {one.type: one for one in service.status().status.conditions}

    assert not conditions["RuntimeReady"].status
    assert "misconfiguration" in conditions["RuntimeReady"].message
