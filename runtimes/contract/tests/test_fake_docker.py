"""What the fake Engine has besides the profile: scripted failures, virtual time, live input."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.fake.clock import ManualClock
from runtimes.contract.fake.docker.service import FakeDocker
from runtimes.core import errors
from runtimes.core.docker.interface import CreateOptions, ListOptions, LogsOptions, StreamOptions

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.docker.types import HostConfig


def start(docker: FakeDocker, script: str, host_config: HostConfig | None = None) -> str:
    docker.pull_image("busybox")
    options = CreateOptions(
        name="",
        config={"Image": "busybox", "Cmd": ["sh", "-c", script]},
        host_config=host_config or {},
    )
    container = docker.create_container(options)["Id"]
    docker.start_container(container)
    return container


def log(docker: FakeDocker, container: str) -> bytes:
    out = io.BytesIO()
    docker.logs(container, LogsOptions(), StreamOptions(output=out))
    return out.getvalue()


def test_a_scripted_failure_is_raised_once() -> None:
    docker = FakeDocker()
    docker.fail_next("ListContainers", errors.Unavailable("down"))

    with pytest.raises(errors.Unavailable, match="down"):
        docker.list_containers(ListOptions())

    assert docker.list_containers(ListOptions()) == []


def test_calls_are_remembered_in_order() -> None:
    docker = FakeDocker()

    start(docker, "true")

    assert [call.rpc for call in docker.calls] == ["PullImage", "CreateContainer", "StartContainer"]


def test_time_passes_only_when_told() -> None:
    clock = ManualClock()
    docker = FakeDocker(clock=clock)
    container = start(docker, "echo before; sleep 3600; echo after")

    clock.advance(3599)
    assert log(docker, container) == b"before\n"
    assert docker.inspect_container(container)["State"]["Running"]
    clock.advance(1)

    assert log(docker, container) == b"before\nafter\n"
    assert docker.inspect_container(container)["State"]["ExitCode"] == 0


def test_a_stop_that_takes_long_costs_no_real_time() -> None:
    docker = FakeDocker(clock=ManualClock())
    container = start(docker, "trap '' TERM; sleep 100000 & wait; sleep 100000")
    before = time.monotonic()

    docker.stop_container(container, 600)

    assert docker.inspect_container(container)["State"]["ExitCode"] == 137
    assert time.monotonic() - before < 5


def test_a_command_ends_with_its_container() -> None:
    docker = FakeDocker(clock=ManualClock())
    container = start(docker, "sleep 1000")
    exec_id = docker.create_exec(container, {"Cmd": ["sleep", "900"]})
    docker.start_exec(exec_id, StreamOptions(), detach=True)

    docker.stop_container(container, 0)

    found = docker.inspect_exec(exec_id)
    assert (found["Running"], found["ExitCode"]) == (False, 137)


def test_binds_are_real_folders(tmp_path: Path) -> None:
    docker = FakeDocker()
    script = "echo written > /data/file; echo denied > /ro/file"

    start(docker, script, {"Binds": [f"{tmp_path}:/data", f"{tmp_path}:/ro:ro"]})

    assert (tmp_path / "file").read_text() == "written\n"


def test_a_registry_that_is_unreachable_is_unavailable() -> None:
    docker = FakeDocker()
    docker.unreachable.add("docker.io")

    with pytest.raises(errors.RegistryUnavailable):
        docker.pull_image("busybox")


def test_a_filter_that_it_lacks_is_refused_not_ignored() -> None:
    docker = FakeDocker()
    start(docker, "true")

    with pytest.raises(errors.InvalidArgument, match="health"):
        docker.list_containers(ListOptions(all=True, filters={"health": ["healthy"]}))


def test_a_closed_fake_says_so() -> None:
    docker = FakeDocker()
    docker.close()

    with pytest.raises(errors.Unavailable):
        docker.list_containers(ListOptions())
