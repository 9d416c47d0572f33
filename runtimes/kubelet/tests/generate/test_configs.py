"""Whole configs: what a sandbox and a container are asked to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod import v1
from runtimes.kubelet.actions.wishes import sandbox_hash
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.container import ContainerInputs, container_config
from runtimes.kubelet.generate.dns import Resolver
from runtimes.kubelet.generate.notes import SANDBOX_HASH, ContainerNotes, read_annotations
from runtimes.kubelet.generate.sandbox import sandbox_config
from runtimes.kubelet.generate.security import ImageFacts
from runtimes.kubelet.tests.builders import UID, container, pod, with_meta

CONFIG = KubeletConfig(root=Path("/k"), log_root=Path("/var/log/pods"), host_ip="192.0.2.7")
APP = container(
    command=("sh", "-c", "echo $(GREETING) $$(GREETING) $(NONE)"),
    args=("$(GREETING)",),
    working_dir="/srv",
    env=(v1.EnvVar(name="GREETING", value="hi"),),
    ports=(
        v1.ContainerPort(container_port=80, host_port=8080, host_ip="127.0.0.1"),
        v1.ContainerPort(container_port=53, protocol="UDP"),
    ),
    stdin=True,
    tty=True,
    termination_message_path="/dev/termination-log",
    termination_message_policy="File",
    lifecycle=v1.Lifecycle(pre_stop=v1.LifecycleHandler(exec=v1.ExecAction(command=("sync",)))),
)
ASKED = with_meta(
    pod(APP, init=(container("i", ports=(v1.ContainerPort(container_port=1),)),)),
    labels={"app": "front"},
    annotations={"example.org/x": "y"},
)


def sandbox(asked: v1.Pod, *, systemd: bool = False) -> cri.PodSandboxConfig:
    node = Resolver(("192.0.2.53",), ("a", "b"), ("ndots:5",))
    return sandbox_config(asked, 3, CONFIG, node_resolver=node, systemd=systemd)


def configured(**changes: object) -> cri.ContainerConfig:
    inputs = ContainerInputs(
        config=CONFIG,
        attempt=2,
        image=ImageFacts("sha256:abc"),
        mounts=(cri.Mount(container_path="/m", host_path="/h"),),
        **changes,  # type: ignore[arg-type]  # its fields
    )
    return container_config(ASKED, APP, inputs)


def test_a_sandbox_is_asked_for_with_all_that_its_pod_says() -> None:
    answer = sandbox(ASKED)

    meta = answer.metadata
    assert (meta.name, meta.namespace, meta.uid, meta.attempt) == ("web", "default", UID, 3)
    assert answer.hostname == "web"
    assert answer.log_directory == f"/var/log/pods/default_web_{UID}"
    assert dict(answer.labels) == {
        "app": "front",
        "io.kubernetes.pod.name": "web",
        "io.kubernetes.pod.namespace": "default",
        "io.kubernetes.pod.uid": UID,
    }
    assert answer.annotations["example.org/x"] == "y"
    assert int(answer.annotations[SANDBOX_HASH], 16) == sandbox_hash(ASKED)
    assert list(answer.dns_config.searches) == ["a", "b"]
    assert answer.linux.cgroup_parent == f"/runtimes.kube/besteffort/pod{UID}"


def test_only_the_ports_of_regular_containers_are_mapped() -> None:
    ports = sandbox(ASKED).port_mappings

    assert [(p.protocol, p.container_port, p.host_port, p.host_ip) for p in ports] == [
        (cri.TCP, 80, 8080, "127.0.0.1"),
        (cri.UDP, 53, 0, ""),
    ]


def test_a_pod_on_the_hosts_network_keeps_the_hosts_name() -> None:
    answer = sandbox(pod(host_network=True))

    assert answer.hostname == ""
    assert answer.linux.security_context.namespace_options.network == cri.NODE


def test_a_name_for_the_kernel_alone_comes_first() -> None:
    asked = pod(APP, hostname="front", hostname_override="db.example")

    assert sandbox(asked).hostname == "db.example"


def test_a_runtime_with_systemd_is_given_slices() -> None:
    parent = sandbox(ASKED, systemd=True).linux.cgroup_parent

    assert parent.endswith(f"/runtimes.kube-besteffort-pod{UID.replace('-', '_')}.slice")


def test_a_container_is_asked_for_with_all_that_its_pod_says() -> None:
    answer = configured()

    assert (answer.metadata.name, answer.metadata.attempt) == ("app", 2)
    assert answer.image.image == "sha256:abc"
    assert answer.image.user_specified_image == "busybox"
    assert list(answer.command) == ["sh", "-c", "echo hi $(GREETING) $(NONE)"]
    assert list(answer.args) == ["hi"]
    assert answer.working_dir == "/srv"
    assert [(env.key, env.value) for env in answer.envs] == [("GREETING", b"hi")]
    assert answer.log_path == "app/2.log"
    assert (answer.stdin, answer.stdin_once, answer.tty) == (True, False, True)
    assert [mount.container_path for mount in answer.mounts] == ["/m"]
    assert answer.labels["io.kubernetes.container.name"] == "app"
    assert answer.labels["io.kubernetes.pod.uid"] == UID


def test_a_containers_annotations_are_enough_to_stop_it_without_its_pod() -> None:
    annotations = dict(configured().annotations)

    assert annotations["io.kubernetes.container.restartCount"] == "2"
    assert annotations["io.kubernetes.container.preStopHandler"] == '{"exec":{"command":["sync"]}}'
    assert '"containerPort":80' in annotations["io.kubernetes.container.ports"]
    assert read_annotations(annotations) == ContainerNotes(
        hash=int(annotations["io.kubernetes.container.hash"], 16),
        restart_count=2,
        termination_message_path="/dev/termination-log",
        termination_message_policy="File",
        deletion_grace_period=None,
        termination_grace_period=30,
    )


def test_broken_annotations_read_as_if_never_written() -> None:
    broken = dict.fromkeys(configured().annotations, "?!")

    notes = read_annotations(broken)

    assert (notes.hash, notes.restart_count, notes.termination_grace_period) == (0, 0, None)


def test_what_would_run_as_root_is_never_configured() -> None:
    one = container(security_context=v1.SecurityContext(run_as_non_root=True))
    inputs = ContainerInputs(config=CONFIG, attempt=0, image=ImageFacts("i", 0))

    with pytest.raises(errors.PermissionDenied):
        container_config(pod(one), one, inputs)
