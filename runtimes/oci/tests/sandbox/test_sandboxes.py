"""Sandboxes: what a pod's containers share, and what is left of it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cgroup import tree
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.tests.pods import cgroups_of, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.service import OciService
    from runtimes.oci.tests.pods import Pods, PrivateRoot

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def _modes(**modes: object) -> dict[str, object]:
    """A sandbox's and, in the same words, a container's namespace modes."""
    return {"security_context": {"namespace_options": cri.NamespaceOption(**modes)}}  # type: ignore[arg-type]  # fields by name


def _in_modes(**modes: object) -> cri.LinuxContainerConfig:
    return cri.LinuxContainerConfig(**_modes(**modes))  # type: ignore[arg-type]  # fields by name


def test_a_sandbox_is_ready_with_an_address_and_its_config(pods: Pods) -> None:
    pod = pods.run()

    answer = pods.service.pod_sandbox_status(pod.id)

    assert answer.status.state == cri.SANDBOX_READY
    assert answer.status.metadata == pod.config.metadata
    assert answer.status.labels == pod.config.labels
    assert answer.status.network.ip.startswith("10.")
    assert answer.status.linux.namespaces.options.pid == cri.CONTAINER
    assert "netns" in pods.service.pod_sandbox_status(pod.id, verbose=True).info["info"]


def test_containers_share_network_hostname_ipc_and_shm(pods: Pods) -> None:
    config = pods.config()
    config.hostname = "my-pod"
    pod = pods.run(config)
    one, other = pods.start(pod, name="one"), pods.start(pod, name="other")

    pods.sh(one, "echo shared > /dev/shm/file")

    assert (
        pods.sh(other, "cat /dev/shm/file; hostname; cat /etc/hostname")
        == "shared\nmy-pod\nmy-pod\n"
    )
    for kind in ("net", "uts", "ipc"):
        command = f"stat -L -c %i /proc/self/ns/{kind}"
        assert pods.sh(one, command) == pods.sh(other, command)
        assert int(pods.sh(one, command)) != Path(f"/proc/self/ns/{kind}").stat().st_ino
    assert pods.sh(one, "stat -L -c %i /proc/self/ns/pid") != pods.sh(
        other, "stat -L -c %i /proc/self/ns/pid"
    )


def test_a_pod_on_the_hosts_network_has_no_address_of_its_own(pods: Pods) -> None:
    pod = pods.run(pods.config(**_modes(network=cri.NODE, pid=cri.CONTAINER)))
    container = pods.start(pod, linux=_in_modes(network=cri.NODE, pid=cri.CONTAINER))

    assert pods.service.pod_sandbox_status(pod.id).status.network.ip == ""
    here = Path("/proc/self/ns/net").stat().st_ino
    assert int(pods.sh(container, "stat -L -c %i /proc/self/ns/net")) == here
    assert pods.sh(container, "hostname").strip() == socket.gethostname()


def test_a_pod_may_use_the_hosts_ipc_and_pid_namespaces(pods: Pods) -> None:
    pod = pods.run(pods.config(**_modes(ipc=cri.NODE, pid=cri.NODE)))
    container = pods.start(pod, linux=_in_modes(ipc=cri.NODE, pid=cri.NODE))

    for kind in ("ipc", "pid"):
        here = Path(f"/proc/self/ns/{kind}").stat().st_ino
        assert int(pods.sh(container, f"stat -L -c %i /proc/self/ns/{kind}")) == here


@pytest.mark.parametrize("runtime", ["crun", "runc"])
def test_a_shared_pid_namespace_has_an_init_that_reaps(
    pods: Pods, open_service: Callable[..., OciService], runtime: str
) -> None:
    pods.service = open_service(runtime)
    pod = pods.run(pods.config(**_modes(pid=cri.POD)))
    one = pods.start(pod, linux=_in_modes(pid=cri.POD), name="one")
    other = pods.start(
        pod, ["sh", "-c", "(sleep 0.01 &); exec sleep 700"], linux=_in_modes(pid=cri.POD), name="b"
    )

    wait_for(lambda: "sleep 700" in pods.sh(one, "ps -o args"))

    wait_for(lambda: "[sleep]" not in pods.sh(one, "ps -o args"))
    assert pods.sh(one, "cat /proc/1/comm").strip() == "pause"
    assert pods.sh(other, "stat -L -c %i /proc/self/ns/pid") == pods.sh(
        one, "stat -L -c %i /proc/self/ns/pid"
    )
    pods.service.exec_sync(one, ["sh", "-c", "kill -9 1; kill -TERM 1"], 5)
    assert pods.service.pod_sandbox_status(pod.id).status.state == cri.SANDBOX_READY


def test_the_init_of_a_pod_shows_nothing_of_the_host(pods: Pods) -> None:
    pod = pods.run(pods.config(**_modes(pid=cri.POD)))
    linux = _in_modes(pid=cri.POD)
    linux.security_context.privileged = True

    container = pods.start(pod, linux=linux)

    seen = pods.sh(container, "ls /proc/1/root").split()
    assert set(seen) <= {"dev", "pause", "proc"}
    script = "grep -E 'Uid|CapPrm|CapBnd|NoNewPrivs' /proc/1/status"
    facts = dict(line.split(":\t") for line in pods.sh(container, script).splitlines())
    assert facts == {
        "Uid": "\t".join(["65535"] * 4),
        "CapPrm": "0" * 16,
        "CapBnd": "0" * 16,
        "NoNewPrivs": "1",
    }


def test_a_dead_init_makes_the_sandbox_not_ready(pods: Pods) -> None:
    pod = pods.run(pods.config(**_modes(pid=cri.POD)))
    init = pods.engine.sandboxes.load(pod.id).pause
    assert init is not None

    init.kill()

    wait_for(lambda: not init.alive)
    assert pods.service.pod_sandbox_status(pod.id).status.state == cri.SANDBOX_NOTREADY


def test_an_ephemeral_container_sees_its_targets_processes(pods: Pods) -> None:
    pod = pods.run()
    target = pods.start(pod, ["sleep", "4711"], name="target")

    spy = pods.start(pod, linux=_in_modes(pid=cri.TARGET, target_id=target), name="spy")

    assert "sleep 4711" in pods.sh(spy, "ps -o args")


def test_sysctls_are_set_inside_the_pod_alone(pods: Pods) -> None:
    sysctls = {
        "net.ipv4.ip_local_port_range": "20000 30000",
        "net/ipv4/conf/eth0/forwarding": "1",
        "kernel.shm_rmid_forced": "1",
    }
    before = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()

    container = pods.start(pods.run(pods.config(sysctls=sysctls)))

    inside = pods.sh(
        container,
        "cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/net/ipv4/conf/eth0/forwarding "
        "/proc/sys/kernel/shm_rmid_forced",
    )
    assert inside.split() == ["20000", "30000", "1", "1"]
    assert Path("/proc/sys/net/ipv4/ip_local_port_range").read_text() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kernel.panic", "1"),
        ("vm.swappiness", "1"),
        ("net.ipv4..", "1"),
        ("net.../../kernel/panic", "1"),
        ("net.no_such_thing", "1"),
        ("net.ipv4.ip_forward", "not a number"),
    ],
)
def test_a_sysctl_that_cannot_be_the_pods_own_is_refused(pods: Pods, name: str, value: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="sysctl"):
        pods.run(pods.config(sysctls={name: value}))

    assert pods.service.list_pod_sandbox() == []


def test_a_sysctl_of_the_hosts_network_is_refused(pods: Pods) -> None:
    config = pods.config(sysctls={"net.ipv4.ip_forward": "1"}, **_modes(network=cri.NODE))

    with pytest.raises(errors.InvalidArgument, match="host"):
        pods.run(config)


def test_a_name_can_be_used_once_until_it_is_removed(pods: Pods) -> None:
    pod = pods.run()

    with pytest.raises(errors.AlreadyExists, match=pod.id):
        pods.run(pod.config)

    pods.service.remove_pod_sandbox(pod.id)
    assert pods.run(pod.config).id != pod.id


@pytest.mark.parametrize("missing", ["name", "namespace", "uid"])
def test_metadata_must_be_complete(pods: Pods, missing: str) -> None:
    config = pods.config()
    setattr(config.metadata, missing, "")

    with pytest.raises(errors.InvalidArgument, match=missing):
        pods.run(config)


def test_an_unknown_runtime_handler_is_refused_and_its_own_name_known(pods: Pods) -> None:
    with pytest.raises(errors.InvalidArgument, match="kata"):
        pods.service.run_pod_sandbox(pods.config(), "kata")

    pods.made.append(pods.service.run_pod_sandbox(pods.config(), "crun"))
    assert pods.service.list_pod_sandbox()[0].runtime_handler == "crun"


def test_stop_kills_the_containers_and_keeps_their_end(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod)

    pods.service.stop_pod_sandbox(pod.id)
    pods.service.stop_pod_sandbox(pod.id)

    assert pods.status(container).exit_code == 137
    status = pods.service.pod_sandbox_status(pod.id).status
    assert (status.state, status.network.ip) == (cri.SANDBOX_NOTREADY, "")


def test_nothing_starts_in_a_stopped_sandbox(pods: Pods) -> None:
    pod = pods.run()
    created = pods.create(pod)

    pods.service.stop_pod_sandbox(pod.id)

    with pytest.raises(errors.FailedPrecondition, match="ready"):
        pods.service.start_container(created)
    with pytest.raises(errors.FailedPrecondition, match="ready"):
        pods.create(pod, name="late")


def test_remove_of_a_running_pod_removes_everything(pods: Pods, private_root: PrivateRoot) -> None:
    pod = pods.run()
    pods.start(pod)
    assert cgroups_of(pod.id)

    pods.service.remove_pod_sandbox(pod.id)

    assert pods.service.list_pod_sandbox() == []
    assert pods.service.list_containers() == []
    with pytest.raises(errors.NotFound, match=pod.id):
        pods.service.pod_sandbox_status(pod.id)
    wait_for(lambda: not private_root.leaks())
    assert not cgroups_of(pod.id)


def test_lists_filter_by_id_prefix_state_and_labels(pods: Pods) -> None:
    one, other = pods.run(), pods.run()
    pods.service.stop_pod_sandbox(other.id)

    def listed(**filter: object) -> list[str]:
        found = pods.service.list_pod_sandbox(cri.PodSandboxFilter(**filter))  # type: ignore[arg-type]  # fields by name
        return [item.id for item in found]

    assert listed() == [other.id, one.id]
    assert listed(id=one.id[:10]) == [one.id]
    assert listed(state={"state": cri.SANDBOX_READY}) == [one.id]
    assert listed(label_selector=other.config.labels) == [other.id]
    assert list(pods.service.stream_pod_sandboxes()) == pods.service.list_pod_sandbox()


def test_a_pods_own_cgroup_is_limited_overhead_included(pods: Pods) -> None:
    pod = pods.run()

    pods.service.update_pod_sandbox_resources(
        pod.id,
        overhead=cri.LinuxContainerResources(memory_limit_in_bytes=1 << 20, cpu_shares=100),
        resources=cri.LinuxContainerResources(memory_limit_in_bytes=64 << 20),
    )

    if not pods.engine.cgroups.is_v2:
        record = pods.engine.sandboxes.load(pod.id)
        memory = pods.engine.cgroups.directory("memory", record.cgroup_parent)
        assert memory is not None
        assert (memory / "memory.limit_in_bytes").read_text().strip() == str(65 << 20)
    pods.start(pod)
    pods.service.stop_pod_sandbox(pod.id)
    with pytest.raises(errors.FailedPrecondition, match="isn't ready"):
        pods.service.update_pod_sandbox_resources(pod.id)


def test_a_cgroup_parent_that_the_caller_named_is_used_and_left_to_it(pods: Pods) -> None:
    parent = f"/runtimes-test-parent-{pods.config().metadata.uid}"
    pod = pods.run(pods.config(cgroup_parent=parent))
    container = pods.start(pod)

    pods.service.update_pod_sandbox_resources(
        pod.id, resources=cri.LinuxContainerResources(memory_limit_in_bytes=64 << 20)
    )

    assert pods.engine.containers.load(container).cgroup_path.startswith(parent)
    pods.service.remove_pod_sandbox(pod.id)
    assert tree.exists(pods.engine.cgroups, parent)
    tree.remove(pods.engine.cgroups, parent)


def test_other_users_cannot_look_into_containers(pods: Pods) -> None:
    secret = cri.KeyValue(key="PASSWORD", value=b"secret")
    container = pods.start(pods.run(), envs=[secret])
    folder = pods.engine.containers.folder(container)

    for place in (folder, folder.parent, pods.engine.paths.execs, pods.engine.paths.runtime_root):
        assert place.stat().st_mode & 0o077 == 0, place
