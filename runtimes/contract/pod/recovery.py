"""A pod outlives whoever drives it, and whoever comes next goes on from what is there.

Source: Kubernetes: kubelet's restarts leave pods running; SyncPod begins with what there is
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.crash.bench import Moment, name_of
from runtimes.contract.crash.pods import is_running
from runtimes.contract.pod_bench import state_of, terminated
from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.pod.status import ContainerState

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.crash.pods import PodCrash
    from runtimes.contract.pod_bench import AppliedPod, PodBench


def two(told: Path) -> str:
    """A pod of which one container runs on, and one ends once it is told to."""
    return f"""
  terminationGracePeriodSeconds: 0
  restartPolicy: Never
  volumes: [{{name: told, hostPath: {{path: {told}}}}}]
  containers:
  - name: steady
    image: IMAGE
    command: [sleep, "1000"]
  - name: told
    image: IMAGE
    command: [sh, -c, "while [ ! -e /told/go ]; do sleep 0.05; done; exit 7"]
    volumeMounts: [{{name: told, mountPath: /told}}]
"""


def ids(pod: AppliedPod) -> list[str]:
    return [one.id for name in ("steady", "told") for one in pod.containers(name)]


@requires(Capability.RECOVERY)
def test_a_pod_runs_on_when_its_driver_is_killed(
    contract_pod: PodBench, contract_pod_crash: PodCrash
) -> None:
    told = contract_pod.folder()
    pod = contract_pod.apply(two(told))

    contract_pod_crash.driven(pod.pod)

    before = ids(pod)
    pod.until(is_running)
    (told / "go").touch()
    view = pod.until(lambda view: state_of(view, "told").terminated is not None)
    assert terminated(view, "told").exit_code == 7
    assert len(before) == 2
    assert ids(pod) == before


@pytest.mark.parametrize("moment", [Moment.AT_ONCE, Moment.MIDWAY], ids=name_of)
@requires(Capability.RECOVERY)
def test_a_pod_whose_driver_was_killed_is_brought_up_by_the_next(
    contract_pod: PodBench, contract_pod_crash: PodCrash, moment: Moment
) -> None:
    pod = contract_pod.apply(two(contract_pod.folder()))

    contract_pod_crash.interrupted(moment, pod.pod)

    view = pod.until(is_running)
    assert all(state_of(view, name).running for name in ("steady", "told"))
    for name in ("steady", "told"):
        assert [one.state for one in pod.containers(name)].count(ContainerState.RUNNING) == 1
