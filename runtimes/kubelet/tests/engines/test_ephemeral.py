"""Containers that join a pod that runs, to look into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.store.pods import PodStore

if TYPE_CHECKING:
    from runtimes.kubelet.tests.engines.conftest import RealKubelet


def test_one_joins_sees_its_target_and_is_never_started_again(real: RealKubelet) -> None:
    worker = real.worker(
        real.script("sleep 54321"), real.script("sleep 1000", "other"), policy="Always"
    )
    before = worker.run(until=lambda view: view.running, timeout=60.0)
    look = v1.EphemeralContainer(
        name="look",
        image=real.image,
        image_pull_policy="IfNotPresent",
        command=("sh", "-c", "ps; cat /proc/net/fib_trie; exit 3"),
        target_container_name="app",
    )

    PodStore(real.config.root, real.runtime.name).add_ephemeral(worker.pod.metadata.uid, look)
    view = worker.run(
        until=lambda view: (
            (found := view.observed.latest("look")) is not None
            and found.state is ContainerState.EXITED
        ),
        timeout=60.0,
    )

    text = real.log(view, "look")
    assert "sleep 54321" in text
    assert "sleep 1000" not in text
    assert view.status.pod_ip in text
    (status,) = view.status.ephemeral_container_statuses
    assert status.state.terminated is not None
    assert status.state.terminated.exit_code == 3
    again = worker.sync()
    assert again.result.results == ()
    kept = [one.id for one in again.observed.containers if one.name != "look"]
    assert kept == [one.id for one in before.observed.containers]
