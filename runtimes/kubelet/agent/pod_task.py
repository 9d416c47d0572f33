"""One pod's task: sync on each change, until the pod has to go; then end it and forget it.

    syncing -- end(), or its record went --> terminating -- stopped, removed --> terminated

The newest update wins: a sync reads the record when it begins, and one under way when the pod has
to go is given up.

Source: kubelet pkg/kubelet/pod_workers.go.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.workloads.known import known_of
from runtimes.kubelet.workloads.template import OWNER

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.kubelet.agent.lanes import Lanes
    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.worker import PodWorker

log = logging.getLogger(__name__)
_RETRY = 10.0
_RETRY_END = 1.0
_AWAY = (errors.Unavailable, errors.DeadlineExceeded)


class PodTask:
    """For the event loop's thread alone.

    Args:
        on_news: called when a workload may want something else because of this pod.

    Attributes:
        worker: does one step at a time.
        view: what the last sync led to, None before the first.
        seen: a sync has ended, well or not; one that found the runtime away doesn't count.
    """

    def __init__(self, worker: PodWorker, lanes: Lanes, on_news: Callable[[], None]) -> None:
        self.worker = worker
        self.view: PodView | None = None
        self.seen = False
        self._lanes = lanes
        self._on_news = on_news
        self._woken = asyncio.Event()
        self._asked = False
        self._ending = False

    @property
    def uid(self) -> str:
        return self.worker.pod.metadata.uid

    @property
    def full_name(self) -> str:
        meta = self.worker.pod.metadata
        return f"{meta.namespace}/{meta.name}"

    def wake(self) -> None:
        """Sync soon: something of the pod has changed."""
        self._asked = True
        self._woken.set()

    def hint(self) -> None:
        """Sync soon if something of the pod has changed: the runtime told of an event.

        What a failed sync began and took back again is an event, too, and would begin the next.
        """
        self._woken.set()

    def end(self) -> None:
        """Stop and remove the pod; `run` returns when that is done. Idempotent."""
        self._ending = True
        self.wake()

    async def run(self) -> None:
        """Keep the pod as its record says, until `end`, or until the record is gone."""
        while not self._ending:
            self._woken.clear()
            self._asked = False
            wait = await self._sync()
            if self.worker.is_forgotten:
                break
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._news()
        await self._terminate()

    async def _news(self) -> None:
        """Wait for a reason to sync."""
        while True:
            await self._woken.wait()
            failed = self.view is not None and not self.view.result.ok
            if self._asked or not failed:
                return
            self._woken.clear()
            with suppress(errors.Error):  # a sync finds what can't be asked, too, when it is due
                if await self._lanes.sync(self.worker.has_changed, lambda: self._ending):
                    return

    async def _sync(self) -> float | None:
        """Take the next steps; return the seconds until the next sync, None for not by itself."""
        began = time.monotonic()
        before = self.view
        try:
            self.view = await self._lanes.sync(self.worker.sync, lambda: self._ending)
        except errors.Canceled:
            return None if self._ending else _RETRY
        except errors.Error as error:
            log.warning("sync pod=%s: %s", self.full_name, error)
            self.seen |= not isinstance(error, _AWAY)
            return _RETRY
        self.seen = True
        took = time.monotonic() - began
        log.debug("synced pod=%s phase=%s took=%.3fs", self.full_name, self.view.phase, took)
        if _is_news(before, self.view):
            self._on_news()
        if not self.view.result.ok:
            log.warning("sync pod=%s: %s", self.full_name, self.view.result.describe())
        return self.view.next_sync

    async def _terminate(self) -> None:
        while True:
            try:
                await self._lanes.end(self.worker.remove)
            except errors.Error as error:
                log.warning("end pod=%s: %s", self.full_name, error)
                await asyncio.sleep(_RETRY_END)
            else:
                log.info("ended pod=%s", self.full_name)
                return


def _is_news(before: PodView | None, after: PodView) -> bool:
    if OWNER not in after.pod.metadata.annotations:
        return False
    return before is None or _told_by(before) != _told_by(after)


def _told_by(view: PodView) -> object:
    return view.pod.metadata.generation, known_of(view.pod, view.status)
