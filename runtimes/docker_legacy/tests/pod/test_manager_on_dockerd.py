"""DockerManager on a real Engine: what the first kubelets offered beside running pods."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.registry import PASSWORD, USER
from runtimes.core import errors, labels
from runtimes.core.docker.interface import ListOptions
from runtimes.core.pod import v1
from runtimes.core.pod.gc import GarbagePolicy
from runtimes.core.pod.status import RegistryAuth
from runtimes.docker_legacy.tests.pod.pods import (
    PATIENCE,
    containers_of,
    pod_of,
    runs,
    runs_after,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession
    from runtimes.docker_legacy.tests.pod.pods import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
ANONYMOUS: tuple[RegistryAuth, ...] = ()


@pytest.fixture(scope="module")
def server(node: Node) -> Iterator[v1.Pod]:
    """A pod that says hello on its loopback's port 8080."""
    serve = "exec httpd -f -p 127.0.0.1:8080 -h /tmp"
    pod = pod_of(f"echo hello > /tmp/index.html; echo listening; {serve}")
    node.sync(pod, runs)
    yield pod
    node.remove(pod)


def test_a_port_of_the_pods_loopback_is_reached(node: Node, server: v1.Pod) -> None:
    infra = node.status(server).sandboxes[0].id
    end = time.monotonic() + PATIENCE
    while True:
        try:
            connection = node.manager.open_port_forward(infra, 8080)
            break
        except errors.Unavailable:  # It doesn't listen yet.
            assert time.monotonic() < end
            time.sleep(0.05)

    with connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with connection.makefile("rb") as answer:
            assert answer.read().endswith(b"hello\n")


def test_a_port_that_nobody_listens_on_is_unavailable(node: Node, server: v1.Pod) -> None:
    infra = node.status(server).sandboxes[0].id

    with pytest.raises(errors.Unavailable, match="9"):
        node.manager.open_port_forward(infra, 9)


def test_pods_of_a_cluster_look_names_up_there_with_its_options(node: Node, server: v1.Pod) -> None:
    (container,) = containers_of(node, server)

    lines = (
        node.manager.exec(container, ["cat", "/etc/resolv.conf"], 20).stdout.decode().split("\n")
    )

    assert "nameserver 10.96.0.10" in lines
    assert "options ndots:5" in lines
    assert any(line.startswith("search default.svc.cluster.local svc.") for line in lines)


def test_the_log_is_linked_where_shippers_look(node: Node, server: v1.Pod) -> None:
    (container,) = containers_of(node, server)
    assert node.config.log_links is not None
    link = node.config.log_links / f"{server.metadata.name}_default_app-{container}.log"

    end = time.monotonic() + PATIENCE
    while '"log":"listening' not in link.read_text():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_collection_keeps_the_newest_dead_attempts_and_none_of_a_removed_pod(node: Node) -> None:
    pod = pod_of("exec sleep 1000")
    docker = node.manager.node.docker
    try:
        for attempt in range(3):
            latest = node.sync(pod, runs_after(attempt))
            docker.stop_container(latest.containers[0].id, 0)
        newest = containers_of(node, pod)[0]

        node.manager.garbage_collect(GarbagePolicy(), all_sources_ready=True)
        assert containers_of(node, pod) == [newest]
        assert node.config.log_links is not None
        links = list(node.config.log_links.glob(f"{pod.metadata.name}_*"))
        assert [newest in link.name for link in links] == [True]

        node.removed.add(pod.metadata.uid)
        node.manager.garbage_collect(GarbagePolicy(), all_sources_ready=False)
        assert containers_of(node, pod) == [newest]
        node.manager.garbage_collect(GarbagePolicy(), all_sources_ready=True)
        assert containers_of(node, pod) == []
    finally:
        node.remove(pod)


@pytest.mark.needs_registry
def test_a_locked_image_is_pulled_with_the_credentials_that_fit(
    node: Node, runtimes_engines: EngineSession
) -> None:
    locked = runtimes_engines.env("registry")["RUNTIMES_TEST_REGISTRY_LOCKED"]
    image = f"{locked}/runtimes-test/busybox:1"
    wrong = RegistryAuth(username=USER, password="guess", server_address=locked)
    right = replace(wrong, password=PASSWORD)
    pod = pod_of("exec sleep 1000", image=image, pull="Always")

    for refused in (ANONYMOUS, (wrong,)):
        with pytest.raises(errors.Error, match="credentials") as raised:
            node.manager.pull_image(image, refused)
        assert "guess" not in str(raised.value)
        assert node.manager.image_ref(image) is None
    try:
        node.sync(pod, runs, (wrong, right))
        assert node.manager.image_ref(image) is not None
    finally:
        node.remove(pod)
        node.manager.node.docker.remove_image(image)  # This name alone: the image is everybody's.


def test_what_is_removed_leaves_no_container_and_no_link(node: Node) -> None:
    pod = pod_of("exec sleep 1000")
    node.sync(pod, runs)

    node.remove(pod)

    wanted = {"label": [f"io.kubernetes.pod.uid={pod.metadata.uid}"]}
    listed = node.manager.node.docker.list_containers(ListOptions(all=True, filters=wanted))
    assert listed == []
    assert node.config.log_links is not None
    assert list(node.config.log_links.glob(f"{pod.metadata.name}_*")) == []


def test_a_container_with_a_hook_tells_of_its_pod_to_who_has_no_manifest(node: Node) -> None:
    hook = v1.LifecycleHandler(exec=v1.ExecAction(command=("sh", "-c", "echo bye > /proc/1/fd/1")))
    pod = pod_of("exec sleep 1000", lifecycle=v1.Lifecycle(pre_stop=hook))
    node.sync(pod, runs)
    (container,) = containers_of(node, pod)

    noted = node.manager.node.docker.inspect_container(container)["Config"]["Labels"]

    assert json.loads(noted[labels.POD_DATA])["metadata"]["uid"] == pod.metadata.uid
    node.remove(pod)
