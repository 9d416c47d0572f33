"""GetContainerEvents: from changes on disk to events, for one reader.

Records and exit codes are replaced by rename, which inotify reports to every process that watches
the root. A thread looks at once at what has changed, since a short life leaves nothing to look at
later; the reader takes the events when it likes, up to a limit.

Source: CRI GetContainerEvents; containerd's events.go for events of sandboxes.
"""

from __future__ import annotations

import os
import queue
import select
import threading
import time
import weakref
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.event import look
from runtimes.oci.event.inotify import Inotify, Mask
from runtimes.oci.event.life import Stage, between
from runtimes.oci.sandbox.status import pod_sandbox_status
from runtimes.oci.state.record import SandboxRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from runtimes.oci.engine import Engine

_LIMIT = 10_000
_LOOK_UP = 0.25
"""Seconds after which a waiting reader looks whether its caller still waits."""
_RECORD = "record.json"


class Events:
    """An iterator of events from now on. For one reader; `close` may come from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._events: queue.SimpleQueue[cri.ContainerEventResponse | None] = queue.SimpleQueue()
        stop, self._stopper = os.pipe()
        watcher = _Watcher(engine, self._events, stop)
        self._finalizer = weakref.finalize(self, os.close, self._stopper)
        threading.Thread(target=watcher.run, name="container-events", daemon=True).start()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> cri.ContainerEventResponse:
        while True:
            patience = deadline.remaining(_LOOK_UP)
            try:
                event = self._events.get(timeout=patience or 0.001)
            except queue.Empty:
                deadline.check("wait for container events")
                continue
            if event is None:
                self._events.put(None)
                raise StopIteration
            return event

    def close(self) -> None:
        """End the thread, and the iteration. Idempotent."""
        self._finalizer()


class _Watcher:
    """The thread's part."""

    def __init__(
        self,
        engine: Engine,
        events: queue.SimpleQueue[cri.ContainerEventResponse | None],
        stop: int,
    ) -> None:
        self._engine = engine
        self._events = events
        self._stop = stop
        self._inotify = Inotify()
        self._stages: dict[str, Stage] = {}
        self._sandbox_of: dict[str, str] = {}
        self._last: dict[str, cri.PodSandboxStatus] = {}
        paths = engine.paths
        self._kinds = (paths.root / "containers", paths.root / "sandboxes")
        for folder in self._kinds:
            self._inotify.add(folder, Mask.MOVED_TO | Mask.DELETE)
        self._inotify.add(paths.exits, Mask.MOVED_TO | Mask.CREATE)
        for object_id in (*engine.containers.ids(), *engine.sandboxes.ids()):
            self._follow(object_id)
            self._update(object_id, silently=True)

    def run(self) -> None:
        poll = select.poll()
        for descriptor in (self._inotify.fd, self._stop):
            poll.register(descriptor, select.POLLIN)
        try:
            while self._stop not in [ready for ready, _ in poll.poll()]:
                for object_id in dict.fromkeys(self._changed()):
                    self._update(object_id)
                if self._events.qsize() > _LIMIT:
                    break
        finally:
            os.close(self._inotify.fd)
            os.close(self._stop)
            self._events.put(None)

    def _changed(self) -> Iterator[str]:
        """The ids that may have changed, those that are new followed from here on."""
        for change in self._inotify.read():
            if change.mask & Mask.OVERFLOW or change.folder is None:
                yield from self._everything()
            elif change.folder in self._kinds:
                if change.mask & Mask.MOVED_TO:
                    self._follow(change.name)
                yield change.name
            elif change.name == _RECORD:
                yield change.folder.name
            elif change.folder == self._engine.paths.exits and change.name in self._stages:
                yield from self._exited(change.name)

    def _everything(self) -> Iterator[str]:
        ids = {*self._engine.containers.ids(), *self._engine.sandboxes.ids()}
        for object_id in ids - self._stages.keys():
            self._follow(object_id)
        yield from ids | self._stages.keys()

    def _exited(self, container_id: str) -> Iterator[str]:
        """An exit is certain, even when its container is gone before it is looked at."""
        if self._stages[container_id] < Stage.STOPPED and container_id in self._sandbox_of:
            self._enter(container_id, Stage.STOPPED)
        yield container_id

    def _follow(self, object_id: str) -> None:
        for folder in self._kinds:
            self._inotify.add(folder / object_id, Mask.MOVED_TO)

    def _update(self, object_id: str, *, silently: bool = False) -> None:
        record = look.load(self._engine, object_id)
        if record is None:
            if object_id in self._stages and not self._exists(object_id):
                self._enter(object_id, Stage.DELETED)
                del self._stages[object_id], self._sandbox_of[object_id]
                self._last.pop(object_id, None)
            return
        self._sandbox_of[object_id] = (
            record.id if isinstance(record, SandboxRecord) else record.sandbox_id
        )
        now = look.stage(self._engine, record)
        if silently:
            self._stages[object_id] = now
        else:
            self._enter(object_id, now)

    def _exists(self, object_id: str) -> bool:
        return any((folder / object_id).exists() for folder in self._kinds)

    def _enter(self, object_id: str, now: Stage) -> None:
        before = self._stages.get(object_id, Stage.UNBORN)
        if now <= before:
            self._stages.setdefault(object_id, now)
            return
        self._stages[object_id] = now
        for kind in between(before, now):
            self._events.put(self._event(object_id, kind))

    def _event(
        self, object_id: str, kind: cri.ContainerEventType.ValueType
    ) -> cri.ContainerEventResponse:
        """With the pod as it is now; of a pod that is gone, what was last seen of it."""
        sandbox_id = self._sandbox_of[object_id]
        containers: list[cri.ContainerStatus] = []
        try:
            found = pod_sandbox_status(self._engine, sandbox_id)
        except errors.Error:
            pass
        else:
            self._last[sandbox_id] = found.status
            containers = list(found.containers_statuses)
        return cri.ContainerEventResponse(
            container_id=object_id,
            container_event_type=kind,
            created_at=time.time_ns(),
            pod_sandbox_status=self._last.get(sandbox_id),
            containers_statuses=containers,
        )
