"""Agent: keeps the pods of a folder running on one runtime.

    folder --scan--> records --> one task per pod --> syncs in threads --> runtime
      ^ inotify, and every `rescan` seconds     ^
                                                +-- events, lists, probes: what has changed

Nothing that the agent knows is in its memory alone: after a kill -9 the next one finds records and
containers again and restarts none of them.

Source: kubelet pkg/kubelet/kubelet.go (syncLoop, HandlePodCleanups).
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod.backoff import Backoff
from runtimes.kubelet.agent import inotify
from runtimes.kubelet.agent.changes import (
    RELIST,
    RELIST_LATE,
    EventThread,
    ListPace,
    Look,
    changed,
    looks_of,
)
from runtimes.kubelet.agent.housekeeping import Chore, chores
from runtimes.kubelet.agent.lanes import Lanes
from runtimes.kubelet.agent.orphans import end_orphan, orphans
from runtimes.kubelet.agent.pod_task import PodTask
from runtimes.kubelet.agent.reconcile import Reconciled, Reconciler
from runtimes.kubelet.probe.prober import Prober, ProberSettings
from runtimes.kubelet.worker import PodWorker, WorkerSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.core.pod import v1
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.agent.housekeeping import HousekeepingSettings
    from runtimes.kubelet.agent.manifests import ManifestFolder
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.events import Recorder
    from runtimes.kubelet.store.pods import PodStore

log = logging.getLogger(__name__)
_COALESCE = 0.05
_END_PATIENCE = 600.0
_ORPHANS = 60.0
_RESYNC = 600.0  # of a pod that nothing happens to: events and lists tell of whatever does


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """How the agent goes about it.

    Attributes:
        workers: syncs at once, and stops at once.
        rescan: seconds after which the folder is read though nothing told of a change.
        stop_pods: end all pods when the agent ends; else they go on.
        chores: garbage, images and logs.
    """

    workers: int = 64
    rescan: float = 20.0
    stop_pods: bool = False
    chores: HousekeepingSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What the agent works with.

    Attributes:
        record: takes what happens to pods.
        report: takes what is wrong with manifests, by file, when that has changed.
    """

    runtime: PodRuntime
    store: PodStore
    config: KubeletConfig
    record: Recorder
    report: Callable[[dict[str, str]], None] = lambda _problems: None


class Agent:
    """For one event loop; `run` it once."""

    def __init__(self, node: Node, folder: ManifestFolder, settings: AgentSettings) -> None:
        self._node = node
        self._folder = folder
        self._reconciler = Reconciler(node.store, folder)
        self._settings = settings
        self._gone = False
        self._lanes = Lanes(settings.workers, lambda: self._gone)
        self._pods: dict[str, PodTask] = {}
        self._running: dict[asyncio.Task[None], PodTask] = {}
        self._crashed: set[str] = set()
        self._rescan = asyncio.Event()
        self._backoff = Backoff()
        self._known: dict[str, Look] = {}
        self._told: dict[str, str] = {}
        self._relisted = time.monotonic()
        self._changes = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the folder's pods running until `stop` is set."""
        loop = asyncio.get_running_loop()

        def wake(uid: str) -> None:
            with suppress(RuntimeError):  # the loop has ended, and so has the agent
                loop.call_soon_threadsafe(self._wake, uid)

        def hint(uid: str) -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._hint, uid)

        self._prober = Prober(
            ProberSettings(
                exec=self._node.runtime.exec,
                host_ip=self._node.config.host_ip,
                on_change=wake,
                record=self._node.record,
            )
        )
        events = EventThread(self._node.runtime, hint)
        house = map(self._keep_house, self._chores())
        work = [self._keep_folder(), self._relist(events), self._watch_orphans(), *house]
        tasks = [asyncio.create_task(each) for each in work]
        stopped = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in (stopped, *tasks):
            task.cancel()
        events.close()
        await self._leave()
        for task in done - {stopped}:
            task.result()

    def kept(self) -> list[v1.Pod]:
        """The pods that it keeps, with their statuses as of their last syncs; from any thread."""
        views = [task.view for task in list(self._pods.values())]
        return [replace(view.pod, status=view.status) for view in views if view is not None]

    def stalled(self) -> str:
        """Why it can't be relied on; empty while it moves on. From any thread."""
        seconds = time.monotonic() - self._relisted
        return f"pods were last listed {seconds:.0f}s ago" if seconds > RELIST_LATE else ""

    async def _leave(self) -> None:
        if self._settings.stop_pods:
            for pod in self._pods.values():
                pod.end()
            if self._running:
                await asyncio.wait(self._running, timeout=_END_PATIENCE)
        self._gone = True
        for task in self._running:
            task.cancel()
        self._prober.close()
        self._lanes.close()
        self._reconciler.close()

    # -- the folder

    async def _keep_folder(self) -> None:
        while True:
            self._rescan.clear()
            with _told_of_changes(self._folder, self._rescan):
                wait = await self._reconcile()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._rescan.wait()
            await asyncio.sleep(_COALESCE)

    async def _reconcile(self) -> float:
        """Return the seconds until the next time."""
        views = {uid: task.view for uid, task in self._pods.items() if task.view is not None}
        seen = {uid for uid, task in self._pods.items() if task.seen} | self._crashed
        try:
            found = await self._lanes.read(partial(self._reconciler.reconcile, views, seen))
        except errors.Error as error:
            log.warning("read %s: %s", self._folder.path, error)
            return self._settings.rescan
        self._tell(found.problems)
        self._carry_out(found)
        after = found.check_after
        return self._settings.rescan if after is None else min(after, self._settings.rescan)

    def _carry_out(self, found: Reconciled) -> None:
        for applied in found.applied:
            known = self._pods.get(applied.pod.metadata.uid)
            if known is None:
                self._start(applied.pod, fresh=applied.created)
            else:
                known.wake()
        for uid in found.renewed:
            self._wake(uid)
        for pod in (*found.kept, *found.removed):
            if pod.metadata.uid not in self._pods:
                self._start(pod)
        for pod in found.removed:
            self._pods[pod.metadata.uid].end()

    def _start(self, pod: v1.Pod, *, fresh: bool = False) -> None:
        settings = WorkerSettings(
            backoff=self._backoff,
            host_ip=self._node.config.host_ip,
            prober=self._prober,
            record=self._node.record,
            resync=_RESYNC,
        )
        worker = PodWorker(
            self._node.runtime, pod, store=self._node.store, fresh=fresh, settings=settings
        )
        kept = PodTask(worker, self._lanes, self._rescan.set)
        self._pods[kept.uid] = kept
        task = asyncio.create_task(kept.run(), name=kept.full_name)
        self._running[task] = kept
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """Forget the pod; one that the folder still wants is found at the rescan."""
        kept = self._running.pop(task)
        self._pods.pop(kept.uid, None)
        self._prober.forget(kept.uid)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("keep pod=%s: %s", kept.full_name, error, exc_info=error)
            self._crashed.add(kept.uid)
            return  # a bug of ours: tried again at the next rescan, not at once
        self._crashed.discard(kept.uid)
        self._rescan.set()

    def _tell(self, problems: dict[str, str]) -> None:
        """Say what is wrong, once."""
        for what, problem in problems.items():
            if self._told.get(what) != problem:
                log.warning("%s: %s", what, problem)
        if problems != self._told:
            self._node.report(problems)
        self._told = problems

    # -- what changes

    def _wake(self, uid: str) -> None:
        self._changes += 1
        task = self._pods.get(uid)
        if task is not None:
            task.wake()

    def _hint(self, uid: str) -> None:
        self._changes += 1
        task = self._pods.get(uid)
        if task is not None:
            task.hint()

    async def _relist(self, events: EventThread) -> None:
        list_all = partial(self._node.runtime.get_pods, include_exited=True)
        pace = ListPace()
        while True:
            if pace.is_due(time.monotonic(), working=events.working):
                try:
                    looks = looks_of(await self._lanes.look(list_all))
                except errors.Error as error:
                    self._tell_once("list pods", str(error))
                else:
                    for uid in changed(self._known, looks):
                        self._wake(uid)
                    self._known = looks
                    self._relisted = time.monotonic()
            await asyncio.sleep(RELIST)

    def _tell_once(self, what: str, problem: str) -> None:
        if self._told.get(what) != problem:
            log.warning("%s: %s", what, problem)
            self._told[what] = problem

    # -- housekeeping

    def _chores(self) -> list[Chore]:
        def changes() -> int:
            return self._changes

        node = self._node
        settings = self._settings.chores
        return chores(node.runtime, node.store, node.config, settings, changes=changes)

    async def _watch_orphans(self) -> None:
        """End pods without a record, each by itself: one that doesn't end holds up no other."""
        find = partial(orphans, self._node.runtime, self._node.store, self._node.config)
        while True:
            kept = set(self._pods)  # their records may go between the look at pods and that at them
            try:
                found = await self._lanes.look(find)
                ended = [self._end_orphan(pod) for pod in found if pod.uid not in kept]
                await asyncio.gather(*ended)
            except errors.Error as error:
                log.warning("look for pods without a record: %s", error)
            await asyncio.sleep(_ORPHANS)

    async def _end_orphan(self, pod: RunningPod) -> None:
        try:
            await self._lanes.end(partial(end_orphan, self._node.runtime, pod))
        except errors.Error as error:
            log.warning("end pod=%s/%s without a record: %s", pod.namespace, pod.name, error)

    async def _keep_house(self, chore: Chore) -> None:
        while True:
            try:
                await self._lanes.look(chore.work)
            except errors.Error as error:
                log.warning("%s: %s", chore.name, error)
            await asyncio.sleep(chore.period)


@contextmanager
def _told_of_changes(folder: ManifestFolder, changed: asyncio.Event) -> Iterator[None]:
    """Set `changed` when something of the folder does; without inotify never."""
    try:
        descriptor = inotify.watch(folder.path)
    except OSError as error:
        log.debug("watch %s: %s", folder.path, error)
        yield
        return
    loop = asyncio.get_running_loop()

    def tell() -> None:
        inotify.drain(descriptor)
        changed.set()

    loop.add_reader(descriptor, tell)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
