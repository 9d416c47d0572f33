"""Limits, out of memory, log rotation, waiting, statistics."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.tests.pods import wait_for

if TYPE_CHECKING:
    from runtimes.oci.tests.pods import Pods

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]

MIB = 1 << 20


def _limited(memory: int) -> cri.LinuxContainerConfig:
    return cri.LinuxContainerConfig(
        resources=cri.LinuxContainerResources(memory_limit_in_bytes=memory)
    )


def _cgroup_file(pods: Pods, container: str, controller: str, name: str) -> str:
    record = pods.engine.containers.load(container)
    folder = pods.engine.cgroups.directory(controller, record.cgroup_path)
    assert folder is not None
    return (folder / name).read_text().strip()


def test_a_container_that_exceeds_its_memory_is_oom_killed(every_pods: Pods) -> None:
    script = "exec tail /dev/zero"

    container = every_pods.start(every_pods.run(), ["sh", "-c", script], linux=_limited(16 * MIB))

    status = every_pods.wait(container, 30)
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


def test_a_killed_child_does_not_make_the_container_oom_killed(pods: Pods) -> None:
    script = "tail /dev/zero; exit 0"

    container = pods.start(pods.run(), ["sh", "-c", script], linux=_limited(16 * MIB))

    status = pods.wait(container, 30)
    assert (status.exit_code, status.reason) == (0, "Completed")


def test_a_kill_without_memory_shortage_is_an_error(pods: Pods) -> None:
    container = pods.start(pods.run(), linux=_limited(16 * MIB))

    pods.service.stop_container(container, 0)

    status = pods.status(container)
    assert (status.exit_code, status.reason) == (137, "Error")


def test_an_update_of_a_running_container_reaches_the_kernel(pods: Pods) -> None:
    container = pods.start(pods.run(), linux=_limited(64 * MIB))

    pods.service.update_container_resources(
        container, cri.LinuxContainerResources(memory_limit_in_bytes=32 * MIB, cpu_shares=512)
    )

    if not pods.engine.cgroups.is_v2:
        limit = _cgroup_file(pods, container, "memory", "memory.limit_in_bytes")
        assert limit == str(32 * MIB)
        assert _cgroup_file(pods, container, "cpu", "cpu.shares") == "512"
    resources = pods.status(container).resources.linux
    assert (resources.memory_limit_in_bytes, resources.cpu_shares) == (32 * MIB, 512)


def test_an_update_before_the_start_counts_from_the_start(every_pods: Pods) -> None:
    container = every_pods.create(every_pods.run(), linux=_limited(64 * MIB))

    every_pods.service.update_container_resources(
        container, cri.LinuxContainerResources(memory_limit_in_bytes=48 * MIB)
    )
    every_pods.service.start_container(container)

    if not every_pods.engine.cgroups.is_v2:
        limit = _cgroup_file(every_pods, container, "memory", "memory.limit_in_bytes")
        assert limit == str(48 * MIB)


def test_a_refused_update_changes_nothing(pods: Pods) -> None:
    container = pods.start(pods.run(), linux=_limited(64 * MIB))
    before = pods.status(container).resources

    with pytest.raises(errors.Error):
        pods.service.update_container_resources(
            container, cri.LinuxContainerResources(cpu_shares=300, cpuset_cpus="4000-5000")
        )

    assert pods.status(container).resources == before
    if not pods.engine.cgroups.is_v2:
        assert _cgroup_file(pods, container, "cpu", "cpu.shares") != "300"


def test_an_update_of_an_exited_container_is_refused(pods: Pods) -> None:
    container = pods.start(pods.run(), ["true"])
    pods.wait(container)

    with pytest.raises(errors.FailedPrecondition, match="exited"):
        pods.service.update_container_resources(container, cri.LinuxContainerResources())


def test_a_rotated_log_goes_on_in_a_new_file_and_loses_nothing(every_pods: Pods) -> None:
    pod = every_pods.run()
    script = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo $i; sleep 0.002; done"
    container = every_pods.start(pod, ["sh", "-c", script])
    log = Path(pod.config.log_directory, "main.log")
    rotated = log.with_suffix(".1")
    wait_for(lambda: log.stat().st_size > 500)

    log.rename(rotated)
    every_pods.service.reopen_container_log(container)

    assert log.exists()
    every_pods.wait(container)
    lines = _numbers(rotated) + _numbers(log)
    assert lines == list(range(1, 401))
    assert _numbers(rotated)
    assert _numbers(log)


def _numbers(path: Path) -> list[int]:
    return [int(line.split(" ", 3)[3]) for line in path.read_text().splitlines()]


def test_reopening_a_log_that_was_not_renamed_keeps_it(every_pods: Pods) -> None:
    pod = every_pods.run()
    container = every_pods.start(pod, ["sh", "-c", "echo here; sleep 100"])
    wait_for(lambda: every_pods.output(pod) == "here\n")

    every_pods.service.reopen_container_log(container)

    assert every_pods.output(pod) == "here\n"


def test_reopening_needs_a_running_container(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod, ["true"])
    pods.wait(container)
    log = Path(pod.config.log_directory, "main.log")
    log.unlink()

    with pytest.raises(errors.FailedPrecondition, match="isn't running"):
        pods.service.reopen_container_log(container)

    assert not log.exists()
    with pytest.raises(errors.NotFound):
        pods.service.reopen_container_log("e" * 64)


def test_a_wait_ends_when_a_container_ends(every_pods: Pods) -> None:
    pod = every_pods.run()
    uid = pod.config.metadata.uid
    container = every_pods.start(pod, ["sh", "-c", "sleep 0.3; exit 6"])
    before = time.monotonic()

    assert every_pods.service.wait_for_change(uid, 20)

    assert time.monotonic() - before < 10
    assert every_pods.status(container).exit_code == 6


def test_a_wait_without_a_change_times_out(pods: Pods) -> None:
    pod = pods.run()
    pods.start(pod)

    assert not pods.service.wait_for_change(pod.config.metadata.uid, 0.05)
    assert not pods.service.wait_for_change("no-such-pod", 0.01)


def test_an_end_between_two_waits_is_told_once(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod, ["true"])
    pods.wait(container)

    assert pods.service.wait_for_change(pod.config.metadata.uid, 0.0)
    assert not pods.service.wait_for_change(pod.config.metadata.uid, 0.01)


def test_statistics_tell_what_a_container_uses(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(
        pod,
        ["sh", "-c", "head -c 3000000 /dev/zero > /tmp/file; sleep 100"],
        linux=_limited(64 * MIB),
    )
    idle = pods.create(pod, name="idle")
    wait_for(lambda: "sleep 100" in pods.sh(container, "ps -o args").splitlines())

    stats = pods.service.container_stats(container)

    assert stats.attributes.id == container
    assert stats.cpu.usage_core_nano_seconds.value > 0
    assert 0 < stats.memory.working_set_bytes.value <= stats.memory.usage_bytes.value
    assert stats.memory.available_bytes.value < 64 * MIB
    assert stats.writable_layer.used_bytes.value >= 3000000
    listed = pods.service.list_container_stats(cri.ContainerStatsFilter(pod_sandbox_id=pod.id))
    assert [each.attributes.id for each in listed] == [container]
    with pytest.raises(errors.NotFound, match="isn't running"):
        pods.service.container_stats(idle)


def test_statistics_of_a_pod_have_its_network(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod)
    gateway = pods.sh(container, "ip route | awk '/default/ {print $3}'").strip()
    pods.sh(container, f"ping -c 1 -W 5 {gateway}")

    stats = pods.service.pod_sandbox_stats(pod.id)

    assert stats.linux.network.default_interface.name == "eth0"
    assert stats.linux.network.default_interface.tx_bytes.value > 0
    assert stats.linux.process.process_count.value >= 1
    assert [each.attributes.id for each in stats.linux.containers] == [container]
    assert [each.attributes.id for each in pods.service.list_pod_sandbox_stats()] == [pod.id]


def test_a_container_that_ends_while_all_are_measured_is_left_out(pods: Pods) -> None:
    pod = pods.run()
    for number in range(4):
        pods.start(pod, ["sleep", f"0.{number}"], name=f"c{number}")
    seen: list[int] = []

    def measure() -> None:
        while pods.service.list_container_stats():
            seen.append(1)

    thread = threading.Thread(target=measure)
    thread.start()
    thread.join(20)

    assert seen
    assert not thread.is_alive()
