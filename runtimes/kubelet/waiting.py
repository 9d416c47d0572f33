"""Wait for a pod to change, for as long as its caller has patience.

A runtime that can wait is asked to, for half a second at a time, so that an interrupt or a new
record is noticed in between. One that can't is looked at again after a pause that grows from 20 ms
to that half second.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import PodStatus

FIRST_PAUSE = 0.02
GLANCE = 0.5


@runtime_checkable
class WaitsForChange(Protocol):
    """A PodRuntime that can tell when a pod changes."""

    def wait_for_change(self, pod_uid: str, timeout: float) -> bool:
        """Wait until a pod differs from its last `get_pod_status`, or `timeout` seconds."""
        ...


@dataclass(slots=True)
class Patience:
    """How long to go on.

    Attributes:
        what: is being done, for the errors.
        end: on the monotonic clock, None for no end.
    """

    what: str
    end: float | None
    interrupted: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise if it is over.

        Raises:
            DeadlineExceeded, Canceled.
        """
        if self.interrupted.is_set():
            raise errors.Canceled(f"{self.what}: interrupted; the pod itself goes on")
        deadline.check(self.what)
        if self.end is not None and time.monotonic() >= self.end:
            raise errors.DeadlineExceeded(f"{self.what}: its time is over; the pod goes on")

    def bounded(self, seconds: float) -> float:
        """Cut `seconds` to what is left, never negative."""
        left = deadline.remaining(seconds) or 0.0
        return left if self.end is None else max(0.0, min(left, self.end - time.monotonic()))


@dataclass(slots=True)
class Watch:
    """What to wait for.

    Attributes:
        last: how the pod looked at the last sync.
        look: look again.
        interrupts: tells that waiting is over for another reason: another record of the pod, or
            what its caller waits for and no change of the pod may announce.
        interested: `interrupts` asks for more than records, and is asked more often at first.
    """

    runtime: PodRuntime
    last: PodStatus
    look: Callable[[], PodStatus]
    interrupts: Callable[[], bool]
    interested: bool = False

    def wait(self, seconds: float | None, patience: Patience) -> PodStatus | None:
        """Return after a change, an interrupt or `seconds`; with the new look if one was taken.

        Raises:
            DeadlineExceeded, Canceled: as `Patience.check`.
        """
        end = None if seconds is None else time.monotonic() + seconds
        pause = FIRST_PAUSE
        while True:
            patience.check()
            left = GLANCE if end is None else min(GLANCE, end - time.monotonic())
            if left <= 0 or self.interrupts():
                return None
            waits = isinstance(self.runtime, WaitsForChange)
            left = left if waits and not self.interested else min(pause, left)
            pause = min(pause * 2, GLANCE)
            if isinstance(self.runtime, WaitsForChange):
                if self.runtime.wait_for_change(self.last.uid, patience.bounded(left)):
                    return None
                continue
            patience.interrupted.wait(patience.bounded(left))
            status = self.look()
            if status != self.last:
                return status
