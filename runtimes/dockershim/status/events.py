"""GetContainerEvents.

Source: CRI GetContainerEvents; kubelet pleg/evented.go.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors, labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim import labels as own_labels
from runtimes.dockershim.sandbox import find, status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.docker.types import Event
    from runtimes.dockershim.cache.feed import Subscription
    from runtimes.dockershim.engine import Engine

_PATIENCE = 5.0

KINDS = {
    "create": cri.CONTAINER_CREATED_EVENT,
    "start": cri.CONTAINER_STARTED_EVENT,
    "die": cri.CONTAINER_STOPPED_EVENT,
    "destroy": cri.CONTAINER_DELETED_EVENT,
}
"""Docker's actions that kubelet wants to know of."""


def get_container_events(engine: Engine) -> Iterator[cri.ContainerEventResponse]:
    """Tell what happens to sandboxes and containers, from this call on.

    The iterator ends with `Unavailable` when the Engine went away: events were missed, list anew.

    Raises:
        Unimplemented: this Engine tells no events.
        Unavailable: it doesn't answer.
    """
    watch = engine.cache.watch
    if not watch.possible:
        raise errors.Unimplemented("get container events: this Engine tells none")
    watch.start()
    if not watch.wait_live(deadline.remaining(_PATIENCE) or 0.0):
        raise errors.Unavailable("get container events: the Engine doesn't answer; try again")
    listening = ExitStack()
    subscription = listening.enter_context(engine.cache.feed.subscribed())
    return _told(engine, subscription, listening)


def _told(
    engine: Engine, subscription: Subscription, listening: ExitStack
) -> Iterator[cri.ContainerEventResponse]:
    with listening:
        while True:
            event = subscription.next()
            if event["Action"] in KINDS:
                yield describe(engine, event)


def describe(engine: Engine, event: Event) -> cri.ContainerEventResponse:
    """One event, with its sandbox as it is now; of a sandbox that is gone, its id and names."""
    found = event["Actor"]["Attributes"]
    sandbox_id = own_labels.sandbox_of(found) or event["Actor"]["ID"]
    answer = cri.ContainerEventResponse(
        container_id=event["Actor"]["ID"],
        container_event_type=KINDS[event["Action"]],
        created_at=event["timeNano"],
        pod_sandbox_status=cri.PodSandboxStatus(
            id=sandbox_id,
            state=cri.SANDBOX_NOTREADY,
            metadata=cri.PodSandboxMetadata(
                name=found.get(labels.POD_NAME, ""),
                namespace=found.get(labels.POD_NAMESPACE, ""),
                uid=found.get(labels.POD_UID, ""),
            ),
        ),
    )
    with suppress(errors.NotFound):
        sandbox = status.describe(engine, find.one(engine, sandbox_id))
        answer.pod_sandbox_status.CopyFrom(sandbox)
    answer.containers_statuses.extend(status.containers_of(engine, sandbox_id))
    return answer
