"""A PodRuntime in processes of its own, which drive pods until they are killed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from runtimes.contract.crash.caller import Nursery
from runtimes.contract.pod_run import Opening, opened_pods
from runtimes.kubelet.worker import PodWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.crash.bench import Moment
    from runtimes.contract.pod_bench import PodRun
    from runtimes.core.pod import v1
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.kubelet.status.view import PodView

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Driver:
    """What a caller has open."""

    runtime: PodRuntime

    def drive(self, pod: v1.Pod) -> str:
        """Drive a pod until it runs; return its phase."""
        return PodWorker(self.runtime, pod).run(is_running, _PATIENCE).phase


@dataclass(frozen=True, slots=True)
class PodCrash:
    """The fixture `contract_pod_crash`."""

    nursery: Nursery

    def interrupted(self, moment: Moment, pod: v1.Pod) -> None:
        """Kill a process that drives a pod."""
        caller = self.nursery.caller()
        caller.begin(Driver.drive.__name__, pod)
        caller.answers_within(moment.value)
        caller.kill()

    def driven(self, pod: v1.Pod) -> None:
        """Kill a process that drove a pod until it ran."""
        caller = self.nursery.caller()
        try:
            assert caller.call(Driver.drive.__name__, pod) == "Running"
        finally:
            caller.kill()


@contextmanager
def pod_crashes(run: PodRun) -> Iterator[PodCrash]:
    """Yield what starts such processes; they share the run's folders."""
    subject = replace(run.subject, traces=None, restart=None)
    nursery = Nursery(partial(driver, Opening(subject, run.id, run.folder)))
    try:
        yield PodCrash(nursery)
    finally:
        nursery.close()


@contextmanager
def driver(opening: Opening) -> Iterator[Driver]:
    """Open the runtime, in the process that asks."""
    with opened_pods(opening) as run:
        yield Driver(run.runtime)


def is_running(view: PodView) -> bool:
    return view.phase == "Running"
