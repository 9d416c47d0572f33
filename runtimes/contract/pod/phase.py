"""Phases, exit codes and container states.

Source: Kubernetes documentation, Pod Lifecycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.pod_bench import state_of, status_of, terminated
from runtimes.core.pod.backoff import Backoff

if TYPE_CHECKING:
    from runtimes.contract.pod_bench import PodBench
    from runtimes.kubelet.status.view import PodView


@pytest.mark.parametrize(
    ("code", "phase", "reason"), [(0, "Succeeded", "Completed"), (3, "Failed", "Error")]
)
def test_a_pod_that_never_restarts_ends_as_its_container_does(
    contract_pod: PodBench, code: int, phase: str, reason: str
) -> None:
    pod = contract_pod.apply(
        f"""
  restartPolicy: Never
  containers:
    - {{name: main, image: IMAGE, imagePullPolicy: Never, command: [sh, -c, 'exit {code}']}}
"""
    )

    view = pod.finish()

    assert (view.phase, view.exit_code) == (phase, code)
    ended = terminated(view, "main")
    assert (ended.exit_code, ended.reason) == (code, reason)
    assert ended.started_at
    assert ended.finished_at
    assert status_of(view, "main").restart_count == 0


def test_a_pod_runs_while_one_of_its_containers_does(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  containers:
    - {name: short, image: IMAGE, imagePullPolicy: Never, command: ['true']}
    - {name: long, image: IMAGE, imagePullPolicy: Never, command: [sleep, '1000']}
"""
    )

    view = pod.until(
        lambda view: (
            state_of(view, "short").terminated is not None
            and state_of(view, "long").running is not None
        )
    )

    assert view.phase == "Running"
    assert not view.ready


def test_a_pod_is_ready_when_all_its_containers_run(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  containers:
    - {name: a, image: IMAGE, imagePullPolicy: Never, command: [sleep, '1000']}
    - {name: b, image: IMAGE, imagePullPolicy: Never, command: [sleep, '1000']}
"""
    )

    view = pod.until(lambda view: view.running)

    assert view.ready
    assert view.phase == "Running"
    assert view.status.pod_ip
    assert view.status.pod_ips[0].ip == view.status.pod_ip


def test_on_failure_restarts_until_it_succeeds(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: OnFailure
  volumes: [{name: data, emptyDir: {}}]
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'echo run; [ -f /data/tried ] || { touch /data/tried; exit 5; }']
      volumeMounts: [{name: data, mountPath: /data}]
"""
    )

    view = pod.finish()

    assert view.phase == "Succeeded"
    status = status_of(view, "main")
    assert status.restart_count == 1
    assert status.last_state.terminated is not None
    assert status.last_state.terminated.exit_code == 5
    assert pod.log("main", 1) == "run\n"


def test_always_restarts_what_succeeded(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Always
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: ['true']}
"""
    )

    view = pod.until(lambda view: (status_of(view, "main").restart_count or 0) >= 2)

    assert view.phase == "Running"


def test_a_container_that_keeps_failing_waits_in_crash_loop_back_off(
    contract_pod: PodBench,
) -> None:
    pod = contract_pod.apply(
        """
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: [sh, -c, 'exit 1']}
""",
        Backoff(initial=60),
    )

    def waits(view: PodView) -> bool:
        waiting = state_of(view, "main").waiting
        return waiting is not None and waiting.reason == "CrashLoopBackOff"

    view = pod.until(waits)

    assert view.phase == "Running"
    last = status_of(view, "main").last_state.terminated
    assert last is not None
    assert last.exit_code == 1


def test_an_image_that_is_absent_and_must_not_be_pulled_is_said_so(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  containers:
    - {name: main, image: localhost/runtimes-test/no-such:1, imagePullPolicy: Never}
"""
    )

    view = pod.worker.sync()

    waiting = state_of(view, "main").waiting
    assert waiting is not None
    assert waiting.reason == "ErrImageNeverPull"
    assert view.phase == "Pending"
