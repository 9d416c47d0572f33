"""What a service finds when it opens a root that others, killed or rebooted, have worked on."""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.process import wait_gone
from runtimes.oci.container import start
from runtimes.oci.state import stragglers
from runtimes.oci.state.record import ContainerPhase, NetworkState, SandboxPhase
from runtimes.oci.tests.pods import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import Pods, PrivateRoot

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def test_a_half_made_sandbox_is_undone(
    pods: Pods, open_service: Callable[..., OciService], private_root: PrivateRoot
) -> None:
    pod = pods.run()
    record = pods.engine.sandboxes.load(pod.id)
    pods.engine.sandboxes.save(replace(record, phase=SandboxPhase.CREATING, ips=()))
    assert pods.service.pod_sandbox_status(pod.id).status.state == cri.SANDBOX_NOTREADY

    open_service()

    assert pods.service.list_pod_sandbox() == []
    wait_for(lambda: not private_root.leaks())


def test_a_half_made_sandbox_gives_way_to_a_new_one(pods: Pods) -> None:
    pod = pods.run()
    record = pods.engine.sandboxes.load(pod.id)
    pods.engine.sandboxes.save(replace(record, phase=SandboxPhase.CREATING))

    again = pods.run(pod.config)

    assert [item.id for item in pods.service.list_pod_sandbox()] == [again.id]


def test_a_sandbox_that_somebody_works_on_is_left_alone(
    pods: Pods, open_service: Callable[..., OciService]
) -> None:
    pod = pods.run()
    record = pods.engine.sandboxes.load(pod.id)
    pods.engine.sandboxes.save(replace(record, phase=SandboxPhase.CREATING))

    with pods.engine.sandboxes.lock(pod.id):
        open_service()

    assert pods.engine.sandboxes.load(pod.id).phase is SandboxPhase.CREATING


def test_an_interrupted_stop_is_finished(
    pods: Pods, open_service: Callable[..., OciService]
) -> None:
    pod = pods.run()
    container = pods.start(pod)
    record = pods.engine.sandboxes.load(pod.id)
    pods.engine.sandboxes.save(replace(record, phase=SandboxPhase.STOPPING))

    open_service()

    after = pods.engine.sandboxes.load(pod.id)
    assert (after.phase, after.network) == (SandboxPhase.STOPPED, NetworkState.DOWN)
    assert pods.status(container).exit_code == 137


@pytest.mark.parametrize("phase", [ContainerPhase.CREATING, ContainerPhase.REMOVING])
def test_a_half_made_or_half_removed_container_is_removed(
    pods: Pods, open_service: Callable[..., OciService], phase: ContainerPhase
) -> None:
    container = pods.start(pods.run())
    record = pods.engine.containers.load(container)
    pods.engine.containers.save(replace(record, phase=phase))

    open_service()

    assert pods.engine.containers.ids() == []
    assert record.process is not None
    assert not record.process.alive


class Killed(BaseException):
    """What kill -9 is to the code that it hits: nothing after it happens."""


def cut_short(pods: Pods, monkeypatch: pytest.MonkeyPatch, step: str) -> str:
    """A container whose starter was killed at a step of `runtimes.oci.container.start`."""

    def killed(*_arguments: object) -> NoReturn:
        raise Killed

    container = pods.create(pods.run())
    with monkeypatch.context() as steps:
        steps.setattr(f"runtimes.oci.container.start.{step}", killed)
        with pytest.raises(Killed):
            pods.service.start_container(container)
    return container


@pytest.mark.parametrize("step", ["_create", "identified"])
def test_a_container_whose_starter_was_killed_is_created_and_can_be_started(
    every_pods: Pods,
    open_service: Callable[..., OciService],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    container = cut_short(every_pods, monkeypatch, "_create")
    if step == "identified":  # the runtime had created it, and nobody noted its process
        start._create(every_pods.engine, every_pods.engine.containers.load(container))
        assert stragglers.find(container)

    open_service()

    assert every_pods.status(container).state == cri.CONTAINER_CREATED
    assert not stragglers.find(container)
    every_pods.service.start_container(container)
    assert every_pods.sh(container, "echo runs") == "runs\n"
    every_pods.service.stop_container(container, 0)
    assert every_pods.status(container).exit_code == 137


def test_a_start_takes_back_an_interrupted_one_first(
    pods: Pods, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = cut_short(pods, monkeypatch, "_create")

    pods.service.start_container(container)

    assert pods.status(container).state == cri.CONTAINER_RUNNING


def test_a_container_that_was_seen_running_runs_though_its_starter_was_killed(
    every_pods: Pods, open_service: Callable[..., OciService], monkeypatch: pytest.MonkeyPatch
) -> None:
    container = cut_short(every_pods, monkeypatch, "release")
    before = every_pods.status(container)
    assert before.state == cri.CONTAINER_RUNNING

    open_service()

    assert every_pods.status(container) == before
    assert every_pods.sh(container, "echo runs") == "runs\n"


def test_a_container_that_died_before_its_program_began_has_failed(
    pods: Pods, open_service: Callable[..., OciService], monkeypatch: pytest.MonkeyPatch
) -> None:
    container = cut_short(pods, monkeypatch, "release")
    process = pods.engine.containers.load(container).process
    assert process is not None
    process.kill(signal.SIGKILL)
    assert wait_gone([process], 10)

    open_service()

    status = pods.status(container)
    assert (status.state, status.reason) == (cri.CONTAINER_EXITED, "StartError")
    assert "killed before its program began" in status.message


def test_after_a_reboot_all_is_stopped_and_can_be_removed(
    pods: Pods, open_service: Callable[..., OciService]
) -> None:
    pod = pods.run()
    ran = pods.start(pod, ["sh", "-c", "exit 3"], name="ran")
    pods.wait(ran)
    running = pods.start(pod, name="running")
    process = pods.engine.containers.load(running).process
    assert process is not None
    process.kill()
    wait_for(lambda: pods.engine.paths.exit_file(running).exists())
    pods.engine.paths.exit_file(running).unlink()
    for sandbox in pods.engine.sandboxes.all():
        pods.engine.sandboxes.save(replace(sandbox, boot_id="another boot"))
    for container in pods.engine.containers.all():
        pods.engine.containers.save(replace(container, boot_id="another boot"))

    service = open_service()

    assert service.pod_sandbox_status(pod.id).status.state == cri.SANDBOX_NOTREADY
    kept = service.container_status(ran).status
    assert (kept.exit_code, kept.reason) == (3, "Error")
    lost = service.container_status(running).status
    assert (lost.state, lost.exit_code, lost.reason) == (cri.CONTAINER_EXITED, 255, "Unknown")
    assert "rebooted" in lost.message
    with pytest.raises(errors.FailedPrecondition):
        pods.create(pod, name="late")


def test_a_killed_monitor_costs_the_exit_code_and_no_more(every_pods: Pods) -> None:
    container = every_pods.start(every_pods.run())
    record = every_pods.engine.containers.load(container)
    assert record.monitor is not None
    record.monitor.kill(signal.SIGKILL)
    assert wait_gone([record.monitor], 10)

    assert every_pods.status(container).state == cri.CONTAINER_RUNNING
    every_pods.service.stop_container(container, 0)

    status = every_pods.status(container)
    assert (status.state, status.exit_code, status.reason) == (cri.CONTAINER_EXITED, 255, "Unknown")
    assert status.finished_at >= status.started_at
    assert every_pods.status(container) == status


def test_a_lost_exit_that_cannot_be_noted_on_a_full_disk_hides_no_container(
    pods: Pods, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    pod = pods.run()
    container, other = pods.start(pod, name="lost"), pods.start(pod, name="other")
    record = pods.engine.containers.load(container)
    assert record.monitor is not None
    assert record.process is not None
    for each in (record.monitor, record.process):
        each.kill(signal.SIGKILL)
    assert wait_gone([record.monitor, record.process], 10)

    with monkeypatch.context() as disk:
        disk.setattr(Path, "write_text", full)
        states = {one.id: one.state for one in pods.service.list_containers()}
        on_full_disk = pods.status(container)

    assert states == {container: cri.CONTAINER_EXITED, other: cri.CONTAINER_RUNNING}
    assert (on_full_disk.exit_code, on_full_disk.reason) == (255, "Unknown")
    assert on_full_disk.finished_at >= on_full_disk.started_at
    assert pods.status(container).exit_code == 255


@pytest.mark.parametrize("damage", [b"", b"{", b'{"version": 1}', b"\xff\xfe", b"[]", b"null"])
def test_a_damaged_record_is_never_fatal(  # noqa: PLR0917 -- fixtures
    pods: Pods,
    open_service: Callable[..., OciService],
    private_root: PrivateRoot,
    damage: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    pod = pods.run()
    container = pods.start(pod)
    process = pods.engine.containers.load(container).process
    assert process is not None
    for folder in (pods.engine.sandboxes.folder(pod.id), pods.engine.containers.folder(container)):
        (folder / "record.json").write_bytes(damage)

    assert pods.service.list_pod_sandbox() == []
    assert pods.service.list_containers() == []
    service = open_service()

    assert "unreadable record" in caplog.text
    assert service.engine.sandboxes.ids() == []
    assert not process.alive
    wait_for(lambda: not private_root.leaks())
    service.run_pod_sandbox(pod.config)
    pods.made[:] = [item.id for item in service.list_pod_sandbox()]


def test_a_missing_record_is_as_good_as_a_damaged_one(
    pods: Pods, open_service: Callable[..., OciService], private_root: PrivateRoot
) -> None:
    pod = pods.run()
    container = pods.start(pod)
    process = pods.engine.containers.load(container).process
    assert process is not None
    for folder in (pods.engine.sandboxes.folder(pod.id), pods.engine.containers.folder(container)):
        (folder / "record.json").unlink()

    open_service()

    assert not process.alive
    assert pods.engine.containers.ids() == []
    wait_for(lambda: not private_root.leaks())
    pods.service.remove_pod_sandbox(pod.id)


def test_a_record_of_a_newer_version_is_left_alone(
    pods: Pods, open_service: Callable[..., OciService]
) -> None:
    pod = pods.run()
    path = pods.engine.sandboxes.folder(pod.id) / "record.json"
    original = path.read_bytes()
    path.write_bytes(original.replace(b'"version":1', b'"version":99'))

    open_service()

    assert path.exists()
    with pytest.raises(errors.FailedPrecondition, match="upgrade runtimes-oci"):
        pods.service.stop_pod_sandbox(pod.id)
    path.write_bytes(original)
    assert pods.service.pod_sandbox_status(pod.id).status.state == cri.SANDBOX_READY


def test_opening_a_busy_root_runs_no_program(
    pods: Pods, open_service: Callable[..., OciService], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = [pods.start(pods.run()) for _ in range(3)]
    monkeypatch.setattr("subprocess.Popen", None)
    monkeypatch.setattr("os.posix_spawn", None)
    monkeypatch.setattr("os.fork", None)

    service = open_service()

    monkeypatch.undo()
    assert len(service.list_containers(cri.ContainerFilter())) == len(started)
