"""What is known of the Engine's containers, and what of it may be out of date. No I/O.

Each change of a container, told by an event or by who made it, gives it a new stamp. An answer of
the Engine counts only if its container's stamp is still the one from before the question.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from runtimes.core.docker.types import ContainerInspect, ContainerSummary


class Known:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._stamps: dict[str, int] = {}
        self._summaries: dict[str, ContainerSummary] = {}
        self._inspected: dict[str, ContainerInspect] = {}
        self._stale: set[str] = set()
        self._died: set[str] = set()

    def clear(self) -> None:
        """Nothing counts any more."""
        with self._lock:
            self._count += 1
            self._stamps.clear()
            self._summaries.clear()
            self._inspected.clear()
            self._stale.clear()
            self._died.clear()

    def changed(self, container_id: str) -> None:
        """Whatever is known of one is out of date."""
        with self._lock:
            self._count += 1
            self._stamps[container_id] = self._count
            self._stale.add(container_id)
            self._inspected.pop(container_id, None)

    def died(self, container_id: str) -> None:
        """It has changed, and a list that says it runs is older than that.

        Docker tells of an end before its lists do: between the two it unmounts the container.
        """
        with self._lock:
            self._died.add(container_id)
        self.changed(container_id)

    def started(self, container_id: str) -> None:
        """It has changed, and may run."""
        with self._lock:
            self._died.discard(container_id)
        self.changed(container_id)

    @property
    def now(self) -> int:
        """The moment before a question, to hand in with its answer."""
        with self._lock:
            return self._count

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
        """Keep a description that was asked for at the moment `asked`, if it is still true."""
        with self._lock:
            if container_id in self._summaries and self._stamps.get(container_id, 0) <= asked:
                self._inspected[container_id] = found

    def keep_all(self, found: Iterable[ContainerSummary], asked: int) -> None:
        """Take a full list; what it lacks is gone."""
        with self._lock:
            listed = {one["Id"]: one for one in found}
            self._inspected = {
                one: kept
                for one, kept in self._inspected.items()
                if one in listed and self._agrees(one, listed[one])
            }
            self._summaries = listed
            self._settle(self._stale, asked)
            self._stamps = {one: at for one, at in self._stamps.items() if at > asked}

    def keep_some(
        self, ids: Collection[str], found: Iterable[ContainerSummary], asked: int
    ) -> None:
        """Take a list of some; those of `ids` that it lacks are gone."""
        with self._lock:
            listed = {one["Id"]: one for one in found}
            for one in ids:
                if one in listed:
                    self._summaries[one] = listed[one]
                else:
                    self._summaries.pop(one, None)
                    self._inspected.pop(one, None)
            self._settle(ids, asked)

    def _agrees(self, container_id: str, listed: ContainerSummary) -> bool:
        before = self._summaries.get(container_id)
        return before is not None and before["State"] == listed["State"]

    def _settle(self, ids: Collection[str], asked: int) -> None:
        """What hasn't changed since the question isn't out of date any more."""
        self._died -= {one for one in ids if not self._runs(one)}
        settled = {one for one in ids if self._stamps.get(one, 0) <= asked}
        self._stale -= settled - self._died

    def _runs(self, container_id: str) -> bool:
        listed = self._summaries.get(container_id)
        return listed is not None and listed["State"] == "running"
