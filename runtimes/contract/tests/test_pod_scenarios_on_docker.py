"""What kubelets met on Docker: dead infra containers, failed starts, hooks within their grace."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import discovery, errors
from runtimes.core.backend import Kind
from runtimes.core.docker.interface import DockerInterface, ListOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession
    from runtimes.contract.pod_bench import AppliedPod, PodBench
    from runtimes.contract.subject import Subject
    from runtimes.core.pod.status import SandboxStatus

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
SLEEPER = """
  terminationGracePeriodSeconds: 0
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: [sleep, '1000']}
"""
ON_A_HOST_PORT = """
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sleep, '1000']
      ports: [{containerPort: 80, hostPort: PORT}]
"""
WITH_A_HOOK = """
  terminationGracePeriodSeconds: 6
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sleep, '1000']
      lifecycle: {preStop: {exec: {command: [sh, -c, 'sleep SECONDS; echo hooked > /proc/1/fd/1']}}}
"""


@pytest.fixture(scope="session")
def contract_subject(docker_subject_of_pods: Subject) -> Subject:
    return docker_subject_of_pods


@pytest.fixture
def docker(runtimes_engines: EngineSession) -> Iterator[DockerInterface]:
    plugin = discovery.load("docker", [Kind.DOCKER])
    host = runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"]
    with plugin.open(plugin.options(host=host)) as opened:
        yield opened


def sandboxes(pod: AppliedPod) -> tuple[SandboxStatus, ...]:
    meta = pod.pod.metadata
    return pod.runtime.get_pod_status(meta.uid, meta.name, meta.namespace).sandboxes


def running(contract_pod: PodBench, spec: str) -> AppliedPod:
    pod = contract_pod.apply(spec)
    pod.until(lambda view: view.running)
    return pod


def test_a_pod_whose_infra_container_was_killed_gets_another(
    contract_pod: PodBench, docker: DockerInterface
) -> None:
    pod = running(contract_pod, SLEEPER)
    (first,) = sandboxes(pod)
    before = pod.containers("main")[0]

    docker.stop_container(first.id, 0)
    pod.until(lambda view: sandboxes(pod)[0].id != first.id and view.running)

    newest = sandboxes(pod)[0]
    assert (newest.ready, newest.attempt) == (True, first.attempt + 1)
    assert pod.containers("main")[0].id != before.id


def test_an_infra_container_that_was_removed_starts_from_attempt_zero(
    contract_pod: PodBench, docker: DockerInterface
) -> None:
    pod = running(contract_pod, SLEEPER)
    (first,) = sandboxes(pod)

    docker.remove_container(first.id, force=True)
    pod.until(lambda view: bool(sandboxes(pod)) and view.running)

    (newest,) = sandboxes(pod)
    assert (newest.ready, newest.attempt) == (True, 0)


def test_an_infra_container_that_cannot_start_leaves_nothing(
    contract_pod: PodBench, docker: DockerInterface
) -> None:
    with socket.socket() as free:
        free.bind(("", 0))
        spec = ON_A_HOST_PORT.replace("PORT", str(free.getsockname()[1]))
    running(contract_pod, spec)
    refused = contract_pod.apply(spec)

    result = refused.worker.sync()

    assert "already" in str(result.result.describe())
    uid = refused.pod.metadata.uid
    ours = {"label": [f"io.kubernetes.pod.uid={uid}"]}
    assert docker.list_containers(ListOptions(all=True, filters=ours)) == []


@pytest.mark.parametrize(("seconds", "hooked"), [(1, True), (100, False)])
def test_a_hook_takes_its_time_from_the_grace_and_no_more(
    contract_pod: PodBench, seconds: int, *, hooked: bool
) -> None:
    pod = running(contract_pod, WITH_A_HOOK.replace("SECONDS", str(seconds)))
    before = time.monotonic()

    pod.worker.stop()

    assert 5 <= time.monotonic() - before < 15
    assert ("hooked" in pod.log("main")) is hooked


def test_a_runtime_class_is_refused_by_name(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(SLEEPER + "  runtimeClassName: kata\n")

    result = pod.worker.sync().result

    assert "kata" in str(result.describe())
    assert any(isinstance(one.cause, errors.Unimplemented) for one in result.results)
