"""Init containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.pod_bench import status_of, terminated

if TYPE_CHECKING:
    from runtimes.contract.pod_bench import PodBench


def test_init_containers_run_one_after_the_other_before_the_rest(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  volumes: [{name: data, emptyDir: {}}]
  initContainers:
    - name: first
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'sleep 1; echo first >> /data/order']
      volumeMounts: [{name: data, mountPath: /data}]
    - name: second
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'echo second >> /data/order']
      volumeMounts: [{name: data, mountPath: /data}]
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [cat, /data/order]
      volumeMounts: [{name: data, mountPath: /data, readOnly: true}]
"""
    )

    view = pod.finish()

    assert view.phase == "Succeeded"
    assert pod.log("main") == "first\nsecond\n"
    assert [terminated(view, name).exit_code for name in ("first", "second")] == [0, 0]


def test_a_failed_init_container_of_a_pod_that_never_restarts_fails_it(
    contract_pod: PodBench,
) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  initContainers:
    - {name: setup, image: IMAGE, imagePullPolicy: Never, command: [sh, -c, 'exit 4']}
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: ['true']}
"""
    )

    view = pod.finish()

    assert view.phase == "Failed"
    assert terminated(view, "setup").exit_code == 4
    assert pod.containers("main") == []


def test_a_failed_init_container_is_tried_again_on_failure(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: OnFailure
  volumes: [{name: data, emptyDir: {}}]
  initContainers:
    - name: setup
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, '[ -f /data/tried ] || { touch /data/tried; exit 1; }']
      volumeMounts: [{name: data, mountPath: /data}]
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: ['true']}
"""
    )

    view = pod.finish()

    assert view.phase == "Succeeded"
    assert status_of(view, "setup").restart_count == 1
