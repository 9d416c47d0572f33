"""Which pods have changed: by events where the backend has them, and by listing all in any case.

Events may be lost, and some backends have none, so all pods are listed again and again: each
second without events, and while they have just begun; once more ten seconds later, since nobody
tells when a slow connection stands; then each minute. One list of everything is
compared with the one before; no pod is asked for by itself, so no single slow one holds this up.

Source: kubelet pkg/kubelet/pleg/generic.go, evented.go.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import RunningPod

log = logging.getLogger(__name__)
_BEGINNING = 2.0

Look = frozenset[tuple[str, str]]
"""Ids of a pod's containers and sandboxes with their states."""

RELIST = 1.0
_RELIST_AFTER_BEGINNING = 10.0
_RELIST_WITH_EVENTS = 60.0
RELIST_LATE = 180.0
"""After this many seconds without a list the agent is not well, as kubelet's PLEG has it."""


def looks_of(pods: Sequence[RunningPod]) -> dict[str, Look]:
    """What each pod looks like, by uid."""
    return {
        pod.uid: frozenset(
            [(one.id, one.state.value) for one in pod.containers]
            + [(one.id, str(one.ready)) for one in pod.sandboxes]
        )
        for pod in pods
    }


def changed(before: Mapping[str, Look], after: Mapping[str, Look]) -> set[str]:
    """The uids whose looks differ, or that are in one of the two only."""
    return {uid for uid in {*before, *after} if before.get(uid) != after.get(uid)}


class ListPace:
    """When all pods are listed."""

    def __init__(self) -> None:
        self._next = 0.0

    def is_due(self, now: float, *, working: bool) -> bool:
        """Tell whether to list them now, in seconds; `working` says that events come."""
        if working and now < self._next:
            return False
        self._next = now + (_RELIST_WITH_EVENTS if working else _RELIST_AFTER_BEGINNING)
        return True


class EventThread:
    """Listens to a runtime's events in a thread, anew when they break off.

    Args:
        on_change: takes a pod's uid; called from that thread.
        retry: seconds between an end of the events and the next attempt.
    """

    def __init__(
        self, runtime: PodRuntime, on_change: Callable[[str], None], retry: float = 10.0
    ) -> None:
        self._runtime = runtime
        self._on_change = on_change
        self._retry = retry
        self._since: float | None = None
        self._closed = threading.Event()
        threading.Thread(target=self._listen, name="pod events", daemon=True).start()

    @property
    def working(self) -> bool:
        """They have gone on long enough to have begun."""
        since = self._since
        return since is not None and time.monotonic() > since + _BEGINNING

    def close(self) -> None:
        """Listen to none that begin after this."""
        self._closed.set()

    def _listen(self) -> None:
        told = ""
        while not self._closed.is_set():
            self._since = time.monotonic()
            try:
                for uid in self._runtime.events():
                    self._on_change(uid)
                    told = ""
            except errors.Unimplemented:
                return
            except errors.Error as error:
                if told != str(error):
                    log.warning("hear of events: %s; pods are listed each second meanwhile", error)
                told = str(error)
            finally:
                self._since = None
            self._closed.wait(self._retry)
