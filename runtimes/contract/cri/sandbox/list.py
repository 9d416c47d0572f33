"""ListPodSandbox and StreamPodSandboxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def ids(contract: Bench, filter: cri.PodSandboxFilter | None = None) -> list[str]:
    return [item.id for item in contract.service.list_pod_sandbox(filter)]


def labelled(contract: Bench, **labels: str) -> str:
    config = contract.sandbox_config()
    config.labels.update(labels)
    return contract.new_sandbox(config).id


def test_list_sandboxes_describes_each(contract: Bench) -> None:
    config = contract.sandbox.config

    (item,) = contract.service.list_pod_sandbox(cri.PodSandboxFilter(id=contract.sandbox.id))

    assert item.metadata == config.metadata
    assert item.labels == config.labels
    assert item.state == cri.SANDBOX_READY
    assert item.created_at > 0


def test_list_sandboxes_has_ready_and_stopped_ones(contract: Bench) -> None:
    ready, stopped = contract.new_sandbox().id, contract.new_sandbox().id
    contract.service.stop_pod_sandbox(stopped)

    assert {ready, stopped} <= set(ids(contract))


def test_list_sandboxes_by_a_prefix_of_the_id(contract: Bench) -> None:
    wanted = contract.new_sandbox().id
    contract.new_sandbox()

    assert ids(contract, cri.PodSandboxFilter(id=wanted[:40])) == [wanted]


def test_list_sandboxes_by_an_unknown_id_is_empty(contract: Bench) -> None:
    assert contract.sandbox.id
    assert ids(contract, cri.PodSandboxFilter(id="no-such-sandbox")) == []


def test_list_sandboxes_by_state(contract: Bench) -> None:
    mine = {"by-state": contract.run.id}
    ready, stopped = labelled(contract, **mine), labelled(contract, **mine)
    contract.service.stop_pod_sandbox(stopped)

    found = {
        state: ids(
            contract,
            cri.PodSandboxFilter(state=cri.PodSandboxStateValue(state=state), label_selector=mine),
        )
        for state in (cri.SANDBOX_READY, cri.SANDBOX_NOTREADY)
    }

    assert found == {cri.SANDBOX_READY: [ready], cri.SANDBOX_NOTREADY: [stopped]}
    every = contract.service.list_pod_sandbox(cri.PodSandboxFilter(label_selector=mine))
    assert {item.id: item.state for item in every} == {
        ready: cri.SANDBOX_READY,
        stopped: cri.SANDBOX_NOTREADY,
    }


def test_list_sandboxes_by_labels_needs_all_of_them(contract: Bench) -> None:
    both = labelled(contract, one="1", two="2")
    labelled(contract, one="1")
    selector = {"one": "1", "two": "2", "runtimes.contract/run": contract.run.id}

    assert ids(contract, cri.PodSandboxFilter(label_selector=selector)) == [both]


def test_list_sandboxes_by_id_and_labels_needs_both(contract: Bench) -> None:
    first = labelled(contract, one="1")
    second = labelled(contract, one="2")

    assert ids(contract, cri.PodSandboxFilter(id=first, label_selector={"one": "1"})) == [first]
    assert ids(contract, cri.PodSandboxFilter(id=second, label_selector={"one": "1"})) == []


@requires(Capability.LIST_STREAMS)
def test_stream_sandboxes_has_what_the_list_has_once(contract: Bench) -> None:
    contract.new_sandbox()
    selector = cri.PodSandboxFilter(label_selector={"runtimes.contract/run": contract.run.id})

    streamed = [item.id for item in contract.service.stream_pod_sandboxes(selector)]

    assert sorted(streamed) == sorted(ids(contract, selector))
