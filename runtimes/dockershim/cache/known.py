"""What is known of the Engine's containers, and what of it may be out of date. No I/O.

Each change of a container, told by an event or by who made it, gives it a new stamp. An answer of
the Engine counts only if its container's stamp is still the one from before the question, and if
everything was forgotten since, as when the Engine went away, it doesn't count at all.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from runtimes.core.docker.types import ContainerInspect, ContainerSummary


RUNNING, EXITED = "running", "exited"


class Known:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._beginning = 0
        self._listed_at: float | None = None
        self._stamps: dict[str, int] = {}
        self._summaries: dict[str, ContainerSummary] = {}
        self._inspected: dict[str, ContainerInspect] = {}
        self._stale: set[str] = set()
        self._died: set[str] = set()

    def clear(self) -> None:
        """Nothing counts any more."""
        with self._lock:
            self._count += 1
            self._beginning = self._count
            self._listed_at = None
            self._stamps.clear()
            self._summaries.clear()
            self._inspected.clear()
            self._stale.clear()
            self._died.clear()

    def changed(self, container_id: str) -> None:
        """Whatever is known of one is out of date."""
        with self._lock:
            self._change(container_id)

    def died(self, container_id: str) -> None:
        """It has changed, and a list that says it runs is older than that.

        Docker tells of an end before its lists do: between the two it unmounts the container.
        """
        with self._lock:
            self._end(container_id)
            self._change(container_id)

    def started(self, container_id: str) -> None:
        """It has changed, and may run."""
        with self._lock:
            self._died.discard(container_id)
            self._change(container_id)

    def _change(self, container_id: str) -> None:
        self._count += 1
        self._stamps[container_id] = self._count
        self._stale.add(container_id)
        self._inspected.pop(container_id, None)

    def _end(self, container_id: str) -> None:
        self._died.add(container_id)
        self._stale.add(container_id)
        listed = self._summaries.get(container_id)
        if listed is not None:
            self._summaries[container_id] = ended(listed)

    @property
    def now(self) -> int:
        """The moment before a question, to hand in with its answer."""
        with self._lock:
            return self._count

    @property
    def listed_at(self) -> float | None:
        """When the last full list that counts was asked for; None when none does."""
        with self._lock:
            return self._listed_at

    def stale(self) -> tuple[str, ...]:
        """The ids to ask about."""
        with self._lock:
            return tuple(self._stale)

    def summaries(self) -> list[ContainerSummary]:
        """All of them, newest first."""
        with self._lock:
            return sorted(self._summaries.values(), key=lambda one: one["Created"], reverse=True)

    def summary(self, container_id: str) -> ContainerSummary | None:
        """One of them, unless it is out of date."""
        with self._lock:
            return None if container_id in self._stale else self._summaries.get(container_id)

    def inspected(self, container_id: str) -> ContainerInspect | None:
        with self._lock:
            return self._inspected.get(container_id)

    def keep_inspected(self, container_id: str, found: ContainerInspect, asked: int) -> None:
        """Keep a description that was asked for at the moment `asked`, if it is still true.

        One that contradicts the list isn't kept, and the next list asks anew: whoever heard that a
        container has ended won't find it running in a list.
        """
        with self._lock:
            listed = self._summaries.get(container_id)
            if listed is None or not self._counts(container_id, asked):
                return
            if agree(found, listed):
                self._inspected[container_id] = found
            elif listed["State"] == RUNNING and not found["State"]["Running"]:
                self._end(container_id)
            else:
                self._stale.add(container_id)

    def keep_all(self, found: Iterable[ContainerSummary], asked: int, at: float) -> None:
        """Take a full list, asked for at the moment `asked`, or `at`; what it lacks is gone."""
        with self._lock:
            if asked < self._beginning:
                return
            self._listed_at = at
            listed = {one["Id"]: one for one in found}
            self._summaries = {one: self._corrected(listed[one]) for one in listed}
            self._inspected = {
                one: kept
                for one, kept in self._inspected.items()
                if one in listed and agree(kept, listed[one])
            }
            self._settle(self._stale, listed, asked)
            self._stamps = {one: at for one, at in self._stamps.items() if at > asked}

    def keep_some(
        self, ids: Collection[str], found: Iterable[ContainerSummary], asked: int
    ) -> None:
        """Take a list of some; those of `ids` that it lacks are gone."""
        with self._lock:
            if asked < self._beginning:
                return
            listed = {one["Id"]: one for one in found}
            for one in ids:
                if one in listed:
                    self._summaries[one] = self._corrected(listed[one])
                else:
                    self._summaries.pop(one, None)
                    self._inspected.pop(one, None)
            self._settle(ids, listed, asked)

    def _counts(self, container_id: str, asked: int) -> bool:
        return asked >= self._beginning and self._stamps.get(container_id, 0) <= asked

    def _corrected(self, listed: ContainerSummary) -> ContainerSummary:
        return ended(listed) if listed["Id"] in self._died else listed

    def _settle(
        self, ids: Collection[str], listed: Mapping[str, ContainerSummary], asked: int
    ) -> None:
        """What hasn't changed since the question isn't out of date any more."""
        running = {one for one, found in listed.items() if found["State"] == RUNNING}
        self._died -= set(ids) - running
        settled = {one for one in ids if self._stamps.get(one, 0) <= asked}
        self._stale -= settled - self._died


def agree(found: ContainerInspect, listed: ContainerSummary) -> bool:
    """Whether a description and a list say the same of a container's state. Pure."""
    return found["State"].get("Status") == listed["State"]


def ended(listed: ContainerSummary) -> ContainerSummary:
    """As the list will say once it knows of the end. Pure."""
    return {**listed, "State": EXITED} if listed["State"] == RUNNING else listed
