"""A kubelet killed at any moment leaves something that the next one finishes, or takes away."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.tests.victim import drive, open_worker

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 20


@pytest.mark.parametrize("seed", [0, 1])
def test_a_pod_is_finished_or_removed_after_any_kill(tmp_path: Path, seed: int) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([drive.__module__])
    for turn in range(ROUNDS):
        victim = context.Process(target=drive, args=(tmp_path,))
        victim.start()
        victim.join(0.01 + ((turn * 7 + seed * 3) % 17) * 0.011)
        os.kill(victim.pid or 0, 9)
        victim.join()

        worker, runtime = open_worker(tmp_path)
        if turn % 2 == seed:
            view = worker.run(until=lambda view: view.running, timeout=30.0)
            running = sorted(
                one.name for one in view.observed.containers if one.state is ContainerState.RUNNING
            )
            assert running == ["a", "b"]
            assert sum(sandbox.ready for sandbox in view.observed.sandboxes) == 1
        else:
            worker.remove()
            assert runtime.get_pods(include_exited=True) == []
            assert list(tmp_path.glob("kubelet/pods/*")) == []
            assert list(tmp_path.glob("logs/*")) == []
