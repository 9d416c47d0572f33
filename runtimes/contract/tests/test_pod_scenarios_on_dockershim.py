"""What kubelets met on dockershim: dead sandboxes, two at once, lost files, slow hooks, probes."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, cast

import pytest
from msgspec.structs import replace

from runtimes.contract.pod_bench import PATIENCE
from runtimes.contract.tests.test_pod_scenarios_on_docker import (
    SLEEPER,
    running,
    sandboxes,
    test_a_container_joins_a_pod_that_runs_and_sees_its_target,  # noqa: F401 - it runs here, too
    test_a_hook_takes_its_time_from_the_grace_and_no_more,  # noqa: F401 - it runs here, too
    test_a_sick_container_restarts_with_the_grace_of_its_probe,  # noqa: F401 - it runs here, too
    test_a_sick_container_that_never_restarts_ends_its_pod,  # noqa: F401 - it runs here, too
)
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.store.pods import PodStore
from runtimes.kubelet.worker import PodWorker

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.pod_bench import AppliedPod, PodBench
    from runtimes.contract.subject import Subject
    from runtimes.dockershim.service import DockershimService
    from runtimes.kubelet.generic.runtime import GenericRuntime

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]
WITH_INIT = """
  terminationGracePeriodSeconds: 0
  initContainers:
    - {name: first, image: IMAGE, imagePullPolicy: Never, command: ['true']}
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: [sleep, '1000']}
"""


@pytest.fixture(scope="session")
def contract_subject(dockershim_subject: Subject) -> Subject:
    return dockershim_subject


def service_of(pod: AppliedPod) -> DockershimService:
    return cast("DockershimService", cast("GenericRuntime", pod.runtime).service)


def config_of(pod: AppliedPod, attempt: int) -> cri.PodSandboxConfig:
    """The config of the pod's sandbox, as another attempt's."""
    service = service_of(pod)
    record = service.engine.sandboxes.of(sandboxes(pod)[0].id)
    assert record is not None
    config = cri.PodSandboxConfig.FromString(record.config)
    config.metadata.attempt = attempt
    return config


def test_a_pod_whose_pause_process_was_killed_gets_another_sandbox_and_runs_its_init_again(
    contract_pod: PodBench,
) -> None:
    pod = running(contract_pod, WITH_INIT)
    (first,) = sandboxes(pod)
    initialised = pod.containers("first")[0].id
    record = service_of(pod).engine.sandboxes.of(first.id)
    assert record is not None
    assert record.pause is not None

    os.kill(record.pause.pid, signal.SIGKILL)
    pod.worker.run(lambda view: sandboxes(pod)[0].id != first.id and view.running, 100)

    newest = sandboxes(pod)[0]
    assert (newest.ready, newest.attempt) == (True, first.attempt + 1)
    assert pod.containers("first")[0].id != initialised


def test_a_pod_whose_pause_container_was_removed_gets_another(contract_pod: PodBench) -> None:
    pod = running(contract_pod, SLEEPER)
    (first,) = sandboxes(pod)

    service_of(pod).engine.docker.remove_container(first.id, force=True)
    pod.until(lambda view: sandboxes(pod)[0].id != first.id and view.running)

    assert sandboxes(pod)[0].ready


def test_of_two_ready_sandboxes_of_a_pod_none_is_kept(contract_pod: PodBench) -> None:
    pod = running(contract_pod, SLEEPER)
    second = service_of(pod).run_pod_sandbox(config_of(pod, attempt=1))

    pod.until(lambda view: sandboxes(pod)[0].id != second and view.running)

    newest, *others = sandboxes(pod)
    assert (newest.ready, newest.attempt) == (True, 2)
    assert not any(one.ready for one in others)


@pytest.mark.parametrize("lost", ["checkpoint", "record"])
def test_a_pod_whose_files_were_lost_can_be_stopped_and_removed(
    contract_pod: PodBench, lost: str
) -> None:
    pod = running(contract_pod, SLEEPER)
    (first,) = sandboxes(pod)
    engine = service_of(pod).engine
    record = engine.sandboxes.of(first.id)
    assert record is not None
    checkpoint = engine.paths.checkpoints / first.id
    path = checkpoint if lost == "checkpoint" else engine.paths.sandbox(record.id) / "record.json"
    path.write_bytes(b"\0" * 100)

    pod.worker.stop(0)
    pod.worker.remove()

    assert sandboxes(pod) == ()
    assert not checkpoint.exists()


def test_a_pod_that_never_restarts_keeps_its_newest_sandbox_after_its_end(
    contract_pod: PodBench,
) -> None:
    pod = contract_pod.apply(
        "  restartPolicy: Never\n" + SLEEPER.replace("sleep, '1000'", "'true'")
    )

    view = pod.finish()

    assert view.phase == "Succeeded"
    (kept,) = sandboxes(pod)
    assert not kept.ready


def test_a_changed_manifest_ends_the_old_container_before_the_new_one_starts(
    contract_pod: PodBench, tmp_path: Path
) -> None:
    applied = contract_pod.apply(SLEEPER)
    store = PodStore(tmp_path, applied.runtime.name)
    worker = PodWorker(applied.runtime, store.apply(applied.pod).pod, store=store, fresh=True)
    worker.run(lambda view: view.running, PATIENCE)
    (before,) = applied.containers("main")

    (container,) = applied.pod.spec.containers
    changed = replace(container, image=before.image_ref)
    store.apply(replace(applied.pod, spec=replace(applied.pod.spec, containers=(changed,))))
    worker.run(lambda view: view.running and len(applied.containers("main")) > 1, PATIENCE)

    newest, old = applied.containers("main")
    assert old.id == before.id
    assert (newest.state, old.state) == (ContainerState.RUNNING, ContainerState.EXITED)
    assert (newest.image, newest.image_ref) == (before.image_ref, before.image_ref)
    assert old.finished_at_ns <= newest.created_at_ns
