"""Stopping and removing pods."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.contract.pod_bench import terminated

if TYPE_CHECKING:
    from runtimes.contract.pod_bench import AppliedPod, PodBench
    from runtimes.core.pod.status import RunningPod

SOON = 15.0
GRACEFUL = """
  terminationGracePeriodSeconds: 60
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'trap "echo bye; exit 0" TERM; echo ready; sleep 1000 & wait']
"""


def running(contract_pod: PodBench) -> AppliedPod:
    pod = contract_pod.apply(GRACEFUL)
    pod.until(lambda view: view.running)
    pod.wait_log("main", "ready")
    return pod


def listed(contract_pod: PodBench, pod: AppliedPod, *, include_exited: bool) -> list[RunningPod]:
    every = contract_pod.runtime.get_pods(include_exited=include_exited)
    return [one for one in every if one.uid == pod.pod.metadata.uid]


def test_stopping_a_pod_lets_its_containers_end(contract_pod: PodBench) -> None:
    pod = running(contract_pod)
    before = time.monotonic()

    view = pod.worker.stop()

    assert time.monotonic() - before < SOON
    assert terminated(view, "main").exit_code == 0
    assert pod.log("main").endswith("bye\n")
    assert not any(sandbox.ready for sandbox in view.observed.sandboxes)


def test_stopping_a_pod_again_succeeds(contract_pod: PodBench) -> None:
    pod = running(contract_pod)

    pod.worker.stop()
    pod.worker.stop()


def test_a_running_pod_is_listed_until_it_is_stopped(contract_pod: PodBench) -> None:
    pod = running(contract_pod)
    (found,) = listed(contract_pod, pod, include_exited=False)
    pod.worker.stop()

    assert found.name == pod.pod.metadata.name
    assert found.namespace == pod.pod.metadata.namespace
    assert [one.name for one in found.containers] == ["main"]
    assert listed(contract_pod, pod, include_exited=False) == []
    assert len(listed(contract_pod, pod, include_exited=True)) == 1


def test_nothing_of_a_removed_pod_is_left(contract_pod: PodBench) -> None:
    pod = running(contract_pod)

    pod.worker.remove()

    assert listed(contract_pod, pod, include_exited=True) == []
    assert pod.containers("main") == []


def test_removing_a_pod_again_succeeds(contract_pod: PodBench) -> None:
    pod = running(contract_pod)

    pod.worker.remove()
    pod.worker.remove()
