"""What the fake has besides the contract: scripted failures, time, persistence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.fake.backend import FakeOptions, backend
from runtimes.contract.fake.clock import ManualClock
from runtimes.contract.fake.service import FakeCri
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.cri.services import CriService


def sandbox_config(folder: Path) -> cri.PodSandboxConfig:
    return cri.PodSandboxConfig(
        metadata=cri.PodSandboxMetadata(name="p", uid="u", namespace="n"),
        log_directory=str(folder),
    )


def start(service: CriService, config: cri.PodSandboxConfig, script: str) -> str:
    service.pull_image(cri.ImageSpec(image="busybox"))
    sandbox = service.run_pod_sandbox(config)
    container = service.create_container(
        sandbox,
        cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name="c"),
            image=cri.ImageSpec(image="busybox"),
            command=["sh", "-c", script],
            log_path="c.log",
        ),
        config,
    )
    service.start_container(container)
    return container


def test_a_scripted_failure_is_raised_once(tmp_path: Path) -> None:
    service = FakeCri()
    service.fail_next("RunPodSandbox", errors.Unavailable("down"))

    with pytest.raises(errors.Unavailable, match="down"):
        service.run_pod_sandbox(sandbox_config(tmp_path))

    assert service.run_pod_sandbox(sandbox_config(tmp_path))


def test_calls_are_remembered_in_order() -> None:
    service = FakeCri()

    service.version()
    service.list_containers()

    assert [call.rpc for call in service.calls] == ["Version", "ListContainers"]


def test_another_process_sees_the_same_container_go_on(tmp_path: Path) -> None:
    clock = ManualClock()
    state = tmp_path / "state.json"
    config = sandbox_config(tmp_path)
    script = "echo one > /tmp/f; echo one; sleep 5; echo two >> /tmp/f; cat /tmp/f; exit 3"
    with FakeCri(clock=clock, state=state) as first:
        container = start(first, config, script)

    clock.advance(6)
    with FakeCri(clock=clock, state=state) as second:
        status = second.container_status(container).status

    assert (status.state, status.exit_code) == (cri.CONTAINER_EXITED, 3)
    texts = [line.split(" ", 3)[3] for line in (tmp_path / "c.log").read_text().splitlines()]
    assert texts == ["one", "one", "two"]


def test_two_services_on_one_state_see_each_others_changes(tmp_path: Path) -> None:
    options = FakeOptions(state=tmp_path / "state.json")
    with backend.open(options) as first, backend.open(options) as second:
        sandbox = first.run_pod_sandbox(sandbox_config(tmp_path))

        second.remove_pod_sandbox(sandbox)

        assert first.list_pod_sandbox() == []


def test_volumes_are_folders_of_the_host(tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    service = FakeCri()
    service.pull_image(cri.ImageSpec(image="busybox"))
    config = sandbox_config(tmp_path)
    container = service.create_container(
        service.run_pod_sandbox(config),
        cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name="c"),
            image=cri.ImageSpec(image="busybox"),
            command=["sh", "-c", "echo hi > /data/file"],
            mounts=[cri.Mount(container_path="/data", host_path=str(volume))],
        ),
        config,
    )

    service.start_container(container)

    assert (volume / "file").read_text() == "hi\n"


def test_own_images_and_programs_take_part(tmp_path: Path) -> None:
    from runtimes.contract.fake.images import FakeImage
    from runtimes.contract.fake.programs import plain

    service = FakeCri(
        registry={"example.org/server:1": FakeImage(cmd=("server",))},
        programs={"server": plain(lambda _call: 9)},
    )
    service.pull_image(cri.ImageSpec(image="example.org/server:1"))
    config = sandbox_config(tmp_path)
    container = service.create_container(
        service.run_pod_sandbox(config),
        cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name="c"),
            image=cri.ImageSpec(image="example.org/server:1"),
        ),
        config,
    )

    service.start_container(container)

    assert service.container_status(container).status.exit_code == 9


def test_options_of_another_backend_are_refused() -> None:
    with pytest.raises(errors.InvalidArgument):
        backend.open(object())
