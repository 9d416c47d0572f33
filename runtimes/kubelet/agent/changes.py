"""Which pods have changed: by events where the backend has them, and by listing all in any case.

Events may be lost, and some backends have none, so all pods are listed again and again: each
second without events, each minute with them, and once more when they have just begun. One list of
everything is compared with the one before; no pod is asked for by itself, so no single slow one
holds this up.

Source: kubelet pkg/kubelet/pleg/generic.go, evented.go.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import RunningPod

Look = frozenset[tuple[str, str]]
"""Ids of a pod's containers and sandboxes with their states."""

RELIST = 1.0
RELIST_WITH_EVENTS = 60.0
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


class EventThread:
    """Listens to a runtime's events in a thread; `working` tells whether it has any.

    Args:
        on_change: takes a pod's uid; called from that thread.
    """

    def __init__(self, runtime: PodRuntime, on_change: Callable[[str], None]) -> None:
        self.working = True  # until the backend says otherwise: nothing may happen for long
        self._runtime = runtime
        self._on_change = on_change
        threading.Thread(target=self._listen, name="pod events", daemon=True).start()

    def _listen(self) -> None:
        try:
            for uid in self._runtime.events():
                self._on_change(uid)
        except errors.Error:
            pass  # the backend has none, or is gone: lists find what changes
        finally:
            self.working = False
