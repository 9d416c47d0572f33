"""PodTask: when an event begins a sync."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.kubelet.agent.lanes import Lanes
from runtimes.kubelet.agent.pod_task import PodTask
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.tests.bench import script
from runtimes.kubelet.tests.builders import pod

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.kubelet.tests.bench import Bench

MISSING = script("sleep 1000", image="localhost/missing:1", image_pull_policy="Never")


async def driven(bench: Bench, act: Callable[[PodTask], None], enough: Callable[[], bool]) -> None:
    """Drive a pod whose first sync fails; `act` then, and again until it is enough."""
    lanes = Lanes(2, lambda: False)
    task = PodTask(bench.worker(pod(MISSING), fresh=True), lanes, lambda: None)
    running = asyncio.create_task(task.run())
    try:
        while not enough():
            if task.view is not None:
                act(task)
            await asyncio.sleep(0.01)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        lanes.close()


def refusals(bench: Bench) -> int:
    return bench.told.count(EventReason.ERR_IMAGE_NEVER_PULL)


def test_what_a_failed_sync_did_and_undid_begins_no_other(bench: Bench) -> None:
    def looked_often() -> bool:
        return bench.rpcs.count("ListContainers") > 20

    asyncio.run(driven(bench, PodTask.hint, looked_often))

    assert refusals(bench) == 1


def test_a_change_begins_a_sync_though_the_last_one_failed(bench: Bench) -> None:
    def change(task: PodTask) -> None:
        for sandbox in bench.service.list_pod_sandbox():
            bench.service.stop_pod_sandbox(sandbox.id)
        task.hint()

    asyncio.run(driven(bench, change, lambda: refusals(bench) > 1))


def test_a_pod_whose_record_another_process_removed_ends(bench: Bench) -> None:
    async def forgotten() -> None:
        lanes = Lanes(2, lambda: False)
        worker = bench.worker(pod(script("sleep 1000")))
        worker.sync()
        bench.store.remove(worker.pod.metadata.uid)
        await asyncio.wait_for(PodTask(worker, lanes, lambda: None).run(), 30)
        lanes.close()

    asyncio.run(forgotten())

    assert not bench.runtime.get_pods(include_exited=True)


def test_who_asks_for_a_sync_gets_it(bench: Bench) -> None:
    asyncio.run(driven(bench, PodTask.wake, lambda: refusals(bench) > 1))
