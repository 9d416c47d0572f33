"""What happens to pods, found by comparing looks: the same words from every era.

    something changed in a pod -> list all -> compare with the last list -> events

Source: kubelet pkg/kubelet/pleg/generic.go (generateEvents).
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import ContainerStatus, RunningPod

_RELIST_PERIOD = 1.0


class EventKind(StrEnum):
    CREATED = "created"
    STARTED = "started"
    STOPPED = "stopped"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodEvent:
    """One step of a container or of a pod's sandbox.

    Attributes:
        at_ns: when it was seen, ns since the epoch.
        container: its name; empty for the sandbox.
        id: of the container or sandbox.
        exit_code: of a container that stopped, None if nobody knows.
        reason: of its end, e.g. ``OOMKilled``.
    """

    at_ns: int
    kind: EventKind
    pod: str
    namespace: str
    uid: str
    id: str
    container: str = ""
    exit_code: int | None = None
    reason: str = ""


_STEPS = {
    ContainerState.UNKNOWN: 0,
    ContainerState.CREATED: 1,
    ContainerState.RUNNING: 2,
    ContainerState.EXITED: 3,
}
_KINDS = {1: EventKind.CREATED, 2: EventKind.STARTED, 3: EventKind.STOPPED}


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a container or sandbox has come, as the event that would tell of it."""

    event: PodEvent
    step: int


def look(pods: Iterable[RunningPod], now_ns: int) -> dict[str, Seen]:
    """Note everything that there is, by id."""
    seen: dict[str, Seen] = {}
    for pod in pods:
        event = PodEvent(
            at_ns=now_ns,
            kind=EventKind.CREATED,
            pod=pod.name,
            namespace=pod.namespace,
            uid=pod.uid,
            id="",
        )
        for sandbox in pod.sandboxes:
            seen[sandbox.id] = Seen(replace(event, id=sandbox.id), 2 if sandbox.ready else 3)
        for one in pod.containers:
            named = replace(event, id=one.id, container=one.name)
            seen[one.id] = Seen(named, _STEPS[one.state])
    return seen


def compare(before: Mapping[str, Seen], after: Mapping[str, Seen], now_ns: int) -> list[PodEvent]:
    """Tell what has happened between two looks, containers before what they were in went."""
    events = [
        replace(now.event, kind=_KINDS[step])
        for identifier, now in after.items()
        for step in range(_step(before, identifier) + 1, now.step + 1)
        if now.event.container or step != 1  # a sandbox is made and started at once
    ]
    gone = reversed([seen for identifier, seen in before.items() if identifier not in after])
    return events + [replace(seen.event, at_ns=now_ns, kind=EventKind.REMOVED) for seen in gone]


def _step(seen: Mapping[str, Seen], identifier: str) -> int:
    return seen[identifier].step if identifier in seen else 0


def watch(runtime: PodRuntime) -> Iterator[PodEvent]:
    """As `Runtime.events`."""
    changes = _changes(runtime)
    before = look(runtime.get_pods(include_exited=True), time.time_ns())
    for _ in changes:
        now_ns = time.time_ns()
        after = look(runtime.get_pods(include_exited=True), now_ns)
        ended = _Endings(runtime)
        for event in compare(before, after, now_ns):
            yield ended.told(event)
        before = after


def _changes(runtime: PodRuntime) -> Iterator[object]:
    with suppress(errors.Unimplemented):
        yield from runtime.events()
    while True:
        time.sleep(_RELIST_PERIOD)
        yield None


class _Endings:
    """How containers ended, which lists leave out; each pod is asked once."""

    def __init__(self, runtime: PodRuntime) -> None:
        self._runtime = runtime
        self._pods: dict[str, dict[str, ContainerStatus]] = {}

    def told(self, event: PodEvent) -> PodEvent:
        if event.kind is not EventKind.STOPPED or not event.container:
            return event
        if event.uid not in self._pods:
            status = self._runtime.get_pod_status(event.uid, event.pod, event.namespace)
            self._pods[event.uid] = {one.id: one for one in status.containers}
        found = self._pods[event.uid].get(event.id)
        if found is None:
            return event
        return replace(event, exit_code=found.exit_code, reason=found.reason)
