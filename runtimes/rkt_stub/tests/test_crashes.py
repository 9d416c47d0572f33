"""A kill between any two steps leaves what the next sync finishes or takes back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod.backoff import Backoff
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.manifest.load import load, pods
from runtimes.rkt_stub.images.store import ImageStore
from runtimes.rkt_stub.launch.choose import Session
from runtimes.rkt_stub.pod.node import RktNode
from runtimes.rkt_stub.pod.runtime import RktPods
from runtimes.rkt_stub.program.list import list_pods

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus, RunningPod
    from runtimes.rkt_stub.launch.unit import Unit
    from runtimes.rkt_stub.tests.world import World

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: crash, namespace: crash, uid: {uid}}}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 2
  containers:
    - name: main
      image: {image}
      imagePullPolicy: Never
      command: [sh, -c, 'trap "exit 0" TERM; sleep 1000 & wait']
"""


class Killed(BaseException):
    """What no code of ours catches: this process is gone."""


@dataclass(frozen=True)
class Deadly:
    """Kills us before the pod is launched, or right after."""

    after: bool

    def start(self, unit: Unit) -> None:
        if self.after:
            Session().start(unit)
        raise Killed


def status_of(runtime: RktPods, pod: v1.Pod) -> PodStatus:
    meta = pod.metadata
    return runtime.get_pod_status(meta.uid, meta.name, meta.namespace)


def listed(runtime: RktPods, pod: v1.Pod) -> list[RunningPod]:
    every = runtime.get_pods(include_exited=True)
    return [one for one in every if one.uid == pod.metadata.uid]


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_around_the_launch_leaves_one_pod_in_the_end(
    rkt_world: World, tmp_path: Path, after: bool
) -> None:
    uid = f"uid-{after}"
    (pod,) = pods(load(POD.format(uid=uid, image=rkt_world.image), name="pod.yaml"))
    config = KubeletConfig(root=tmp_path / "root", log_root=tmp_path / "logs")
    node = RktNode(
        rkt=rkt_world.rkt,
        images=ImageStore(rkt_world.rkt),
        launcher=Deadly(after),
        net="none",
        config=config,
    )
    killed = RktPods(node)
    with pytest.raises(Killed):
        killed.sync_pod(pod, status_of(killed, pod), (), Backoff())

    runtime = RktPods(replace(node, launcher=Session()))
    for _ in range(100):
        found = status_of(runtime, pod)
        runtime.sync_pod(pod, found, (), Backoff())
        latest = found.latest("main")
        if latest is not None and latest.state is ContainerState.RUNNING:
            break

    (mine,) = listed(runtime, pod)
    assert [one.state for one in mine.containers] == [ContainerState.RUNNING]
    assert runtime.kill_pod(pod, mine).ok
    runtime.remove_pod(mine)
    assert listed(runtime, pod) == []
    left = [one for one in list_pods(rkt_world.rkt) if uid in str(one.get("user_annotations"))]
    assert left == []
