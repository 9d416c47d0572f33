"""Wait until a pod changes, as cheaply as the backend allows.

What a pod looked like at its last status is remembered, so a change between that look and the wait
is never lost; each thread's own look counts, so that whoever else looks takes no news away from the
one that drives the pod. Between looks the backend's own wait is used, or its events, or a pause
that grows from 20 ms to a second.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.services import ChangeWaiter
from runtimes.kubelet.generic.facts import changed_pods
from runtimes.kubelet.generic.status import Fingerprint, fingerprint, list_pod

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService

FIRST_PAUSE = 0.02
LONGEST_PAUSE = 1.0


class Changes:
    """Thread-safe, for any number of pods."""

    def __init__(self, service: CriService) -> None:
        self._service = service
        self._seen: dict[str, Fingerprint] = {}
        self._pauses: dict[str, float] = {}
        self._events: _Events | None = None
        self._lock = threading.Lock()
        self._mine = threading.local()

    def seen(self, uid: str, look: Fingerprint) -> None:
        """Remember what a pod looked like."""
        self._mine.last = (uid, look)
        with self._lock:
            if self._seen.get(uid) != look:
                self._pauses[uid] = FIRST_PAUSE
            self._seen[uid] = look

    def forget(self, uid: str) -> None:
        with self._lock:
            self._seen.pop(uid, None)
            self._pauses.pop(uid, None)

    def wait(self, uid: str, timeout: float) -> bool:
        """Wait until the pod looks different from what this thread saw last, or `timeout` seconds.

        For a pod that was never seen, it counts from now.
        """
        end = time.monotonic() + timeout
        while True:
            mark = self._mark(uid)
            look = fingerprint(*list_pod(self._service, uid))
            if self._before(uid, look) != look:
                self._pauses[uid] = FIRST_PAUSE
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            pause = self._pauses.get(uid, FIRST_PAUSE)
            self._pauses[uid] = min(pause * 2, LONGEST_PAUSE)
            self._pause(uid, mark, min(pause, left))

    def _before(self, uid: str, now: Fingerprint) -> Fingerprint:
        last: tuple[str, Fingerprint] | None = getattr(self._mine, "last", None)
        return last[1] if last and last[0] == uid else self._seen.setdefault(uid, now)

    def _mark(self, uid: str) -> int:
        if isinstance(self._service, ChangeWaiter):
            return 0
        with self._lock:
            if self._events is None:
                self._events = _Events(self._service)
        return self._events.count(uid)

    def _pause(self, uid: str, mark: int, seconds: float) -> None:
        if isinstance(self._service, ChangeWaiter):
            self._service.wait_for_change(uid, seconds)
        elif self._events is not None:
            self._events.wait(uid, mark, seconds)


class _Events:
    """A thread that counts each pod's events; without events it ends, and waits are pauses."""

    def __init__(self, service: CriService) -> None:
        self._service = service
        self._counts: dict[str, int] = {}
        self._changed = threading.Condition()
        threading.Thread(target=self._listen, name="pod events", daemon=True).start()

    def count(self, uid: str) -> int:
        with self._changed:
            return self._counts.get(uid, 0)

    def wait(self, uid: str, mark: int, seconds: float) -> None:
        """Wait for an event of the pod after `mark`."""
        with self._changed:
            self._changed.wait_for(lambda: self._counts.get(uid, 0) != mark, seconds)

    def _listen(self) -> None:
        try:
            for uid in changed_pods(self._service):
                with self._changed:
                    self._counts[uid] = self._counts.get(uid, 0) + 1
                    self._changed.notify_all()
        except errors.Error:
            return
