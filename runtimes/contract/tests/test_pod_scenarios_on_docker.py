"""What kubelets met on Docker: dead infra containers, failed starts, slow hooks, sick programs."""

from __future__ import annotations

import secrets
import socket
import time
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.contract.pod_bench import PATIENCE, AppliedPod
from runtimes.core import discovery, errors, labels
from runtimes.core.backend import Kind
from runtimes.core.docker.interface import CreateOptions, DockerInterface, ListOptions
from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.worker import PodWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession
    from runtimes.contract.pod_bench import PodBench
    from runtimes.contract.subject import Subject
    from runtimes.core.pod.status import SandboxStatus
    from runtimes.kubelet.status.view import PodView

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
BESIDE_ANOTHER = (
    SLEEPER
    + """
    - {name: other, image: IMAGE, imagePullPolicy: Never, command: [sleep, '1000']}
"""
)
SERVED = """
  terminationGracePeriodSeconds: 30
  volumes: [{name: shared, emptyDir: {}}]
  initContainers:
    - name: side
      image: IMAGE
      imagePullPolicy: Never
      restartPolicy: Always
      command: [sh, -c, "trap 'cat /v/said; exit 0' TERM; echo up; while :; do sleep 0.1; done"]
      volumeMounts: [{name: shared, mountPath: /v}]
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command:
        - sh
        - -c
        - "trap 'sleep 1; echo bye > /v/said; exit 0' TERM; echo up; while :; do sleep 0.1; done"
      volumeMounts: [{name: shared, mountPath: /v}]
"""
SICK_FOR_EVER = """
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sleep, '1000']
      livenessProbe: {exec: {command: ['false']}, periodSeconds: 1, failureThreshold: 1}
"""
STUBBORN_WHEN_SICK = """
  terminationGracePeriodSeconds: 600
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, "trap 'echo asked' TERM; echo up; while :; do sleep 0.1; done"]
      livenessProbe:
        exec: {command: [test, '!', -e, /sick]}
        periodSeconds: 1
        failureThreshold: 1
        terminationGracePeriodSeconds: 3
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

    assert 5 <= time.monotonic() - before < 30
    assert ("hooked" in pod.log("main")) is hooked


def test_a_container_joins_a_pod_that_runs_and_sees_its_target(contract_pod: PodBench) -> None:
    pod = running(contract_pod, SLEEPER)
    before = pod.containers("main")
    look = v1.EphemeralContainer(
        name="look",
        image=contract_pod.run.image,
        image_pull_policy="Never",
        command=("sh", "-c", "ps; exit 3"),
        target_container_name="main",
    )
    spec = replace(pod.pod.spec, ephemeral_containers=(look,))

    def has_ended(view: PodView) -> bool:
        found = view.observed.latest("look")
        return found is not None and found.state is ContainerState.EXITED

    PodWorker(pod.runtime, replace(pod.pod, spec=spec)).run(has_ended, PATIENCE)

    (ended,) = pod.containers("look")
    assert ended.exit_code == 3
    assert "sleep 1000" in pod.log("look")
    assert pod.containers("main") == before


def test_a_runtime_class_is_refused_by_name(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(SLEEPER + "  runtimeClassName: kata\n")

    result = pod.worker.sync().result

    assert "kata" in str(result.describe())
    assert any(isinstance(one.cause, errors.Unimplemented) for one in result.results)


def test_of_two_ready_infra_containers_of_a_pod_none_is_kept(
    contract_pod: PodBench, docker: DockerInterface
) -> None:
    pod = running(contract_pod, SLEEPER)
    (first,) = sandboxes(pod)
    second = twin(docker, first.id)

    pod.until(lambda view: sandboxes(pod)[0].id not in {first.id, second} and view.running)

    newest, *others = sandboxes(pod)
    assert (newest.ready, newest.attempt) == (True, 2)
    assert {one.id: one.ready for one in others} == {first.id: False, second: False}


def twin(docker: DockerInterface, infra_id: str) -> str:
    """Another infra container of the same pod, as of its next attempt."""
    found = docker.inspect_container(infra_id)
    noted = {**found["Config"]["Labels"], labels.CONTAINER_RESTART_COUNT: "1"}
    options = CreateOptions(
        name=found["Name"].removeprefix("/")[:-8] + secrets.token_hex(4),
        config={"Image": found["Image"], "Labels": noted},
        host_config={"IpcMode": "shareable"},
    )
    made = docker.create_container(options)["Id"]
    docker.start_container(made)
    return made


def test_a_container_of_a_changed_manifest_is_replaced_and_others_stay(
    contract_pod: PodBench,
) -> None:
    pod = running(contract_pod, BESIDE_ANOTHER)
    before, other = pod.containers("main")[0], pod.containers("other")[0]

    changed = with_another_main(pod)
    changed.until(lambda view: len(changed.containers("main")) > 1 and view.running)

    newest, replaced = changed.containers("main")
    assert (newest.restart_count, replaced.id) == (1, before.id)
    assert replaced.state is ContainerState.EXITED
    assert [one.id for one in changed.containers("other")] == [other.id]
    assert len(sandboxes(pod)) == 1


def with_another_main(pod: AppliedPod) -> AppliedPod:
    """The same pod of a manifest in which its first container was changed."""
    main, *others = pod.pod.spec.containers
    main = replace(main, env=(v1.EnvVar(name="NEW", value="1"),))
    changed = replace(pod.pod, spec=replace(pod.pod.spec, containers=(main, *others)))
    return AppliedPod(changed, PodWorker(pod.runtime, changed), pod.runtime)


def test_a_sick_container_that_never_restarts_ends_its_pod(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(SICK_FOR_EVER)

    view = pod.finish()

    assert view.phase == "Failed"
    assert len(pod.containers("main")) == 1
    assert [one.ready for one in sandboxes(pod)] == [False]


def test_a_sick_container_restarts_with_the_grace_of_its_probe(contract_pod: PodBench) -> None:
    pod = running(contract_pod, STUBBORN_WHEN_SICK)
    pod.wait_log("main", "up")

    pod.runtime.exec(pod.containers("main")[0].id, ["touch", "/sick"], 20)
    pod.until(lambda view: len(pod.containers("main")) > 1)

    newest, ended = pod.containers("main")
    assert (newest.restart_count, ended.exit_code) == (1, 137)
    assert pod.log("main", attempt=0).splitlines() == ["up", "asked"]


def test_a_sidecar_ends_after_those_that_it_serves(contract_pod: PodBench) -> None:
    pod = running(contract_pod, SERVED)
    for name in ("side", "main"):
        pod.wait_log(name, "up")

    pod.worker.stop()

    assert pod.log("side").splitlines() == ["up", "bye"]
