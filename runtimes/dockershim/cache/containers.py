"""Docker's containers that are sandboxes or containers of pods.

Once the Engine's events are followed, lists and descriptions come from memory: a change costs one
short list of what changed, however many were looked at. Where events don't come (the Engine is
away, or tells none), each question goes to the Engine, and no answer is older than its question.

Source: kubernetes/kubernetes#17959, #26394, #94829 for what asking one by one did.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors, labels
from runtimes.core.docker.interface import ListOptions
from runtimes.dockershim.cache.feed import Feed
from runtimes.dockershim.cache.known import RUNNING, Known, ended
from runtimes.dockershim.cache.watch import Watch
from runtimes.dockershim.container.state import moment

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import (
        ContainerInspect,
        ContainerState,
        ContainerSummary,
        Event,
    )

RELIST_PERIOD = 30.0
_MANY = 50
"""So many changes cost less in a full list than named one by one."""

_QUIET = ("exec_", "attach", "detach", "resize", "top", "export", "archive-path", "health_status")
"""Beginnings of actions that change nothing that is listed."""


class ContainerCache:
    """Lists and descriptions; thread-safe.

    Whoever changes something in the Engine says so by `changed`, and then reads what it wrote.

    Args:
        relist_period: seconds after which what events told is held against a full list.
    """

    def __init__(self, docker: DockerInterface, relist_period: float = RELIST_PERIOD) -> None:
        self._docker = docker
        self._period = relist_period
        self._known = Known()
        self._refreshing = threading.Lock()
        self._ended: set[str] = set()
        self._live = False
        self._asked_before = False
        self.feed = Feed()
        self.watch = Watch(docker, self)

    # -- questions

    def sandboxes(self) -> list[ContainerSummary]:
        """All pause containers, newest first.

        Raises:
            Unavailable: the Engine doesn't answer.
        """
        return self._of_kind(labels.DOCKER_TYPE_SANDBOX)

    def containers(self) -> list[ContainerSummary]:
        """All containers of pods, newest first.

        Raises:
            Unavailable: the Engine doesn't answer.
        """
        return self._of_kind(labels.DOCKER_TYPE_CONTAINER)

    def inspect(self, container_id: str) -> ContainerInspect:
        """Describe one, by its full id.

        Raises:
            NotFound: the Engine has no such container.
            Unavailable: it doesn't answer.
        """
        found = self._known.inspected(container_id) if self._live else None
        if found is not None:
            return found
        asked = self._known.now
        found = self._docker.inspect_container(container_id)
        if self._live:
            self._known.keep_inspected(container_id, found, asked)
        elif has_ended(found["State"]):
            self._ended.add(container_id)
        return found

    def known(self, container_id: str) -> ContainerSummary | None:
        """What is known of one without asking the Engine; None when nothing is."""
        return self._known.summary(container_id) if self._live else None

    # -- changes

    def changed(self, container_id: str) -> None:
        """Forget what is known of a container, as it was just changed."""
        self._known.changed(container_id)

    def close(self) -> None:
        """Stop watching. Idempotent."""
        self.watch.close()
        self.feed.put(None)

    # -- what the watch tells

    def connected(self) -> None:
        self._known.clear()
        self._live = True

    def happened(self, event: Event) -> None:
        action, container_id = event["Action"], event["Actor"]["ID"]
        if action.startswith(_QUIET):
            return
        if action == "die":
            self._known.died(container_id)
        elif action == "start":
            self._known.started(container_id)
        else:
            self._known.changed(container_id)
        self.feed.put(event)

    def disconnected(self) -> None:
        self._live = False
        self.feed.put(None)

    # -- how answers are kept true

    def _of_kind(self, kind: str) -> list[ContainerSummary]:
        found = self._current()
        return [one for one in found if one["Labels"].get(labels.DOCKER_TYPE) == kind]

    def _current(self) -> list[ContainerSummary]:
        if not self._live:
            if self._asked_before:  # A single question isn't worth a watch.
                self.watch.start()
            self._asked_before = True
            return self._as_told(self._list())
        with deadline.holding(self._refreshing, "list containers"):
            self._refresh()
            return self._known.summaries()

    def _as_told(self, found: list[ContainerSummary]) -> list[ContainerSummary]:
        """Docker's lists learn of an end later than its descriptions, by which it was told."""
        running = {one["Id"] for one in found if one["State"] == RUNNING}
        self._ended &= running
        for one in tuple(self._ended):
            if self._runs(one):
                self._ended.discard(one)
        return [ended(one) if one["Id"] in self._ended else one for one in found]

    def _runs(self, container_id: str) -> bool:
        """Ask: without events nobody tells that it was started again."""
        try:
            return self._docker.inspect_container(container_id)["State"]["Running"]
        except errors.NotFound:
            return False

    def _refresh(self) -> None:
        """Ask about what changed, or about everything when that is due."""
        asked, began, stale = self._known.now, time.monotonic(), self._known.stale()
        listed_at = self._known.listed_at
        due = listed_at is None or began - listed_at > self._period
        if due or len(stale) > _MANY:
            self._known.keep_all(self._list(), asked, began)
        elif stale:
            self._known.keep_some(stale, self._list(*stale), asked)

    def _list(self, *ids: str) -> list[ContainerSummary]:
        filters = {"label": [labels.DOCKER_TYPE]} | ({"id": list(ids)} if ids else {})
        return self._docker.list_containers(ListOptions(all=True, filters=filters))


def has_ended(state: ContainerState) -> bool:
    """Whether it ran and runs no more; one that was never started hasn't ended. Pure."""
    return not state["Running"] and moment(state["FinishedAt"]) > 0


def resolve(found: list[ContainerSummary], id_or_prefix: str, what: str) -> ContainerSummary:
    """Complete an id.

    Raises:
        NotFound: nothing starts like that.
        InvalidArgument: several do, or it is empty.
    """
    if not id_or_prefix:
        raise errors.InvalidArgument(f"find a {what}: its id is empty")
    matching = [one for one in found if one["Id"].startswith(id_or_prefix)]
    exact = [one for one in matching if one["Id"] == id_or_prefix]
    if len(exact or matching) == 1:
        return (exact or matching)[0]
    if not matching:
        raise errors.NotFound(f"{what} '{id_or_prefix}' does not exist")
    raise errors.InvalidArgument(
        f"{len(matching)} {what}s start with '{id_or_prefix}'; give more of the id"
    )
