"""Pod sandboxes on a real Engine, where dockershim and cri-dockerd had trouble."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.cgroups import remove_group
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.interface import CreateOptions
from runtimes.dockershim import labels, naming
from runtimes.dockershim.tests.wait import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.dockershim.service import DockershimService
    from runtimes.dockershim.tests.conftest import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]


def state(service: DockershimService, sandbox_id: str) -> int:
    return service.pod_sandbox_status(sandbox_id).status.state


def record_file(service: DockershimService, sandbox_id: str) -> Path:
    record = service.engine.sandboxes.of(sandbox_id)
    assert record is not None
    return service.engine.paths.sandbox(record.id) / "record.json"


def test_a_sandbox_whose_pause_process_was_killed_is_not_ready(
    node: Node, service: DockershimService
) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("killed"))
    record = service.engine.sandboxes.of(sandbox)
    assert record is not None
    assert record.pause is not None

    os.kill(record.pause.pid, signal.SIGKILL)

    wait_for(lambda: state(service, sandbox) == cri.SANDBOX_NOTREADY, "it to be not ready")
    assert not service.pod_sandbox_status(sandbox).status.network.ip
    assert service.run_pod_sandbox(node.sandbox("killed", attempt=1)) != sandbox


def test_a_pause_container_that_was_restarted_by_hand_is_not_ready(
    node: Node, service: DockershimService
) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("restarted"))

    service.engine.docker.stop_container(sandbox, 0)
    service.engine.docker.start_container(sandbox)

    assert state(service, sandbox) == cri.SANDBOX_NOTREADY


def test_a_sandbox_that_was_removed_by_hand_is_still_told_of_and_removable(
    node: Node, service: DockershimService
) -> None:
    config = node.sandbox("gone")
    sandbox = service.run_pod_sandbox(config)

    service.engine.docker.remove_container(sandbox, force=True)

    (found,) = service.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox))
    assert (found.state, found.metadata) == (cri.SANDBOX_NOTREADY, config.metadata)
    service.stop_pod_sandbox(sandbox)
    service.remove_pod_sandbox(sandbox)
    assert service.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox)) == []


def test_a_pods_containers_run_under_its_handler(node: Node, service: DockershimService) -> None:
    docker = service.engine.docker
    handler = next(
        name
        for name in service.engine.facts.handlers()
        if name not in ("", "docker", docker.info()["DefaultRuntime"])
    )
    config = node.sandbox("handled")
    sandbox = service.run_pod_sandbox(config, handler)
    container = service.create_container(sandbox, node.container(), config)

    for created in (sandbox, container):
        assert docker.inspect_container(created)["HostConfig"]["Runtime"] == handler


@pytest.mark.parametrize("damage", [b"", b"{", None], ids=["empty", "cut", "missing"])
def test_a_lost_record_makes_a_sandbox_unknown_and_removable(
    node: Node, damage: bytes | None
) -> None:
    config = node.sandbox("lost")
    service = node.open()
    sandbox = service.run_pod_sandbox(config)
    path = record_file(service, sandbox)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)

    again = node.open()

    (found,) = again.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox))
    assert (found.state, found.metadata) == (cri.SANDBOX_NOTREADY, config.metadata)
    again.stop_pod_sandbox(sandbox)
    again.remove_pod_sandbox(sandbox)
    assert again.run_pod_sandbox(config) != sandbox


@pytest.mark.parametrize("text", ["", "{", '{"version":"v1"}'])
def test_a_corrupt_checkpoint_is_no_obstacle(
    node: Node, service: DockershimService, text: str
) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("checkpoint"))
    file = service.engine.paths.checkpoints / sandbox
    assert file.exists()
    file.write_text(text)

    service.stop_pod_sandbox(sandbox)
    service.remove_pod_sandbox(sandbox)

    assert not file.exists()


def test_a_running_leftover_of_the_same_name_gives_way(
    node: Node, service: DockershimService
) -> None:
    config = node.sandbox("leftover")
    docker = service.engine.docker
    leftover = docker.create_container(
        CreateOptions(
            name=naming.of_sandbox(config.metadata),
            config={
                "Image": service.engine.options.sandbox_image,
                "Labels": labels.of_sandbox(config),
            },
            host_config={},
        )
    )["Id"]
    docker.start_container(leftover)

    sandbox = service.run_pod_sandbox(config)

    assert state(service, sandbox) == cri.SANDBOX_READY
    with pytest.raises(errors.NotFound):
        docker.inspect_container(leftover)


def test_somebody_elses_container_of_that_name_does_not_give_way(
    node: Node, service: DockershimService
) -> None:
    config = node.sandbox("foreign")
    docker = service.engine.docker
    options = CreateOptions(
        name=naming.of_sandbox(config.metadata),
        config={"Image": service.engine.options.sandbox_image},
        host_config={},
    )
    foreign = docker.create_container(options)["Id"]

    with pytest.raises(errors.AlreadyExists):
        service.run_pod_sandbox(config)

    docker.remove_container(foreign, force=True)


def test_two_ready_sandboxes_of_a_pod_are_both_told_the_newest_first(
    node: Node, service: DockershimService
) -> None:
    made = [service.run_pod_sandbox(node.sandbox("two", attempt)) for attempt in (0, 1)]

    found = service.list_pod_sandbox(cri.PodSandboxFilter(label_selector={"node": node.token}))

    assert [one.id for one in found] == made[::-1]
    assert {one.state for one in found} == {cri.SANDBOX_READY}


def test_a_pods_files_are_ours_and_mounted(node: Node, service: DockershimService) -> None:
    config = node.sandbox("files")
    config.dns_config.servers.append("10.96.0.10")
    config.dns_config.searches.extend(["a", "b"])
    config.dns_config.options.append("ndots:5")

    sandbox = service.run_pod_sandbox(config)

    folder = record_file(service, sandbox).parent
    assert (folder / "resolv.conf").read_text() == (
        "nameserver 10.96.0.10\nsearch a b\noptions ndots:5\n"
    )
    ip = service.pod_sandbox_status(sandbox).status.network.ip
    assert f"{ip}\t{config.metadata.name}\n" in (folder / "hosts").read_text()
    mounts = service.engine.docker.inspect_container(sandbox)["Mounts"]
    assert {one["Destination"] for one in mounts} == {
        "/etc/resolv.conf",
        "/etc/hosts",
        "/etc/hostname",
    }


def test_lists_and_statuses_ask_the_engine_nothing_once_events_come(
    node: Node, counted: Callable[[], tuple[DockershimService, list[str]]]
) -> None:
    service, calls = counted()
    sandboxes = [service.run_pod_sandbox(node.sandbox(f"quiet{number}")) for number in range(3)]
    config = node.sandbox("quiet0")
    container = service.create_container(sandboxes[0], node.container(), config)
    service.start_container(container)
    service.list_containers()
    service.list_containers()
    assert service.engine.cache.watch.wait_live(10)
    service.list_containers()
    service.container_status(container)
    calls.clear()

    for sandbox in sandboxes:
        assert state(service, sandbox) == cri.SANDBOX_READY
    assert {one.id for one in service.list_containers()} >= {container}
    assert service.container_status(container).status.state == cri.CONTAINER_RUNNING
    assert len(service.list_pod_sandbox()) >= 3

    assert calls == []


def test_what_somebody_else_does_is_seen_at_once_after_events_tell(
    node: Node, service: DockershimService
) -> None:
    config = node.sandbox("else")
    sandbox = service.run_pod_sandbox(config)
    container = service.create_container(sandbox, node.container(), config)
    service.start_container(container)
    service.list_containers()
    service.list_containers()
    assert service.engine.cache.watch.wait_live(10)
    assert service.container_status(container).status.state == cri.CONTAINER_RUNNING

    other = node.open()
    other.stop_container(container, 0)

    wait_for(
        lambda: service.container_status(container).status.state == cri.CONTAINER_EXITED,
        "its end to be told",
    )
    other.remove_container(container)
    wait_for(
        lambda: container not in {one.id for one in service.list_containers()},
        "its removal to be told",
    )


def test_a_resized_pod_is_told_of_with_its_new_limits(
    node: Node, service: DockershimService
) -> None:
    config = node.sandbox("resized")
    config.linux.cgroup_parent = f"/resized-{node.token}"
    sandbox = service.run_pod_sandbox(config)
    before = service.pod_sandbox_status(sandbox).status
    twice = cri.LinuxContainerResources(cpu_shares=512, memory_limit_in_bytes=64 << 20)

    service.update_pod_sandbox_resources(sandbox, resources=twice)

    for asked in (service, node.open()):
        told = asked.pod_sandbox_status(sandbox, verbose=True)
        assert told.status == before
        info = json.loads(told.info["info"])
        assert info["resources"] == {"cpu_shares": "512", "memory_limit_in_bytes": str(64 << 20)}
        assert info["overhead"] == {}

    service.stop_pod_sandbox(sandbox)
    service.remove_pod_sandbox(sandbox)
    remove_group(f"resized-{node.token}")


def test_a_pod_without_a_cgroup_can_not_be_resized(node: Node, service: DockershimService) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("rigid"))

    with pytest.raises(errors.FailedPrecondition, match="cgroup_parent"):
        service.update_pod_sandbox_resources(sandbox, resources=cri.LinuxContainerResources())
