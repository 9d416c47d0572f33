"""ListContainers and StreamContainers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def ids(contract: Bench, filter: cri.ContainerFilter | None = None) -> list[str]:
    return [item.id for item in contract.service.list_containers(filter)]


def test_list_containers_describes_each(contract: Bench) -> None:
    config = contract.config("true")
    config.labels["app"] = "web"
    container = contract.create(config)

    (item,) = contract.service.list_containers(cri.ContainerFilter(id=container))

    assert item.pod_sandbox_id == contract.sandbox.id
    assert item.metadata == config.metadata
    assert item.labels == config.labels
    assert item.state == cri.CONTAINER_CREATED
    assert item.created_at > 0
    assert item.image_ref


def test_list_containers_by_a_prefix_of_the_id(contract: Bench) -> None:
    wanted = contract.create(contract.config("true"))
    contract.create(contract.config("true"))

    assert ids(contract, cri.ContainerFilter(id=wanted[:40])) == [wanted]


def test_list_containers_by_an_unknown_id_is_empty(contract: Bench) -> None:
    assert ids(contract, cri.ContainerFilter(id="no-such-container")) == []


def test_list_containers_by_sandbox(contract: Bench) -> None:
    mine = contract.create(contract.config("true"))
    contract.create(contract.config("true"), contract.new_sandbox())

    assert ids(contract, cri.ContainerFilter(pod_sandbox_id=contract.sandbox.id)) == [mine]


def test_list_containers_by_state(contract: Bench) -> None:
    created = contract.create(contract.config("true"))
    running = contract.sleeper()
    ended = contract.finish(contract.config("true")).id

    found = {
        state: ids(
            contract,
            cri.ContainerFilter(
                state=cri.ContainerStateValue(state=state), pod_sandbox_id=contract.sandbox.id
            ),
        )
        for state in (cri.CONTAINER_CREATED, cri.CONTAINER_RUNNING, cri.CONTAINER_EXITED)
    }

    assert found == {
        cri.CONTAINER_CREATED: [created],
        cri.CONTAINER_RUNNING: [running],
        cri.CONTAINER_EXITED: [ended],
    }
    every = contract.service.list_containers(
        cri.ContainerFilter(pod_sandbox_id=contract.sandbox.id)
    )
    assert {item.id: item.state for item in every} == {
        one: state for state, (one,) in found.items()
    }


def test_list_containers_by_labels_needs_all_of_them(contract: Bench) -> None:
    config = contract.config("true")
    config.labels.update({"one": "1", "two": "2", "run": contract.run.id})
    both = contract.create(config)
    other = contract.config("true")
    other.labels.update({"one": "1", "run": contract.run.id})
    contract.create(other)

    selector = {"one": "1", "two": "2", "run": contract.run.id}

    assert ids(contract, cri.ContainerFilter(label_selector=selector)) == [both]


@requires(Capability.LIST_STREAMS)
def test_stream_containers_has_what_the_list_has_once(contract: Bench) -> None:
    for _ in range(3):
        contract.create(contract.config("true"))
    selector = cri.ContainerFilter(pod_sandbox_id=contract.sandbox.id)

    streamed = [item.id for item in contract.service.stream_containers(selector)]

    assert sorted(streamed) == sorted(ids(contract, selector))
