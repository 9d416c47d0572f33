"""The lives of containers and sandboxes as stages, and the events between them. Pure.

    created -> started -> stopped -> deleted

Who looks late sees a later stage; the events of those in between are told all the same. A
container that was never started is never told as stopped.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stage(IntEnum):
    UNBORN = 0
    CREATED = 1
    STARTED = 2
    STOPPED = 3
    DELETED = 4


_EVENTS = {
    Stage.CREATED: cri.CONTAINER_CREATED_EVENT,
    Stage.STARTED: cri.CONTAINER_STARTED_EVENT,
    Stage.STOPPED: cri.CONTAINER_STOPPED_EVENT,
    Stage.DELETED: cri.CONTAINER_DELETED_EVENT,
}


def between(before: Stage, now: Stage) -> Iterator[cri.ContainerEventType.ValueType]:
    """The events from one stage to a later one."""
    if now is Stage.DELETED and before < Stage.STARTED:
        passed = [Stage.CREATED, Stage.DELETED]
    else:
        passed = list(_EVENTS)
    yield from (_EVENTS[stage] for stage in passed if before < stage <= now)
