"""GetContainerEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench

WHOLE_LIFE = [
    cri.CONTAINER_CREATED_EVENT,
    cri.CONTAINER_STARTED_EVENT,
    cri.CONTAINER_STOPPED_EVENT,
    cri.CONTAINER_DELETED_EVENT,
]


@requires(Capability.EVENTS)
def test_events_tell_a_containers_whole_life_in_order(contract: Bench) -> None:
    sandbox = contract.sandbox
    events = contract.service.get_container_events()

    ended = contract.finish(contract.config("true"))
    contract.service.remove_container(ended.id)

    kinds = []
    for event in events:
        if event.container_id == ended.id:
            kinds.append(event.container_event_type)
            assert event.created_at > 0
            assert event.pod_sandbox_status.id == sandbox.id
        if kinds[-1:] == [cri.CONTAINER_DELETED_EVENT]:
            break
    assert kinds == WHOLE_LIFE
