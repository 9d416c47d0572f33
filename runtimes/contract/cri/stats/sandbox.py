"""PodSandboxStats, ListPodSandboxStats, StreamPodSandboxStats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.cri.sandbox.list import labelled
from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.SANDBOX_STATS)
def test_sandbox_stats_cover_its_containers_and_network(contract: Bench) -> None:
    container = contract.sleeper()

    stats = contract.service.pod_sandbox_stats(contract.sandbox.id)

    assert stats.attributes.id == contract.sandbox.id
    assert stats.attributes.metadata == contract.sandbox.config.metadata
    assert stats.linux.cpu.usage_core_nano_seconds.value > 0
    assert stats.linux.memory.working_set_bytes.value > 0
    assert stats.linux.network.default_interface.name == "eth0"
    assert stats.linux.process.process_count.value >= 1
    assert [one.attributes.id for one in stats.linux.containers] == [container]


@requires(Capability.SANDBOX_STATS)
def test_sandbox_stats_of_an_absent_one_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.pod_sandbox_stats("no-such-sandbox")


@requires(Capability.SANDBOX_STATS)
def test_list_sandbox_stats_has_ready_ones_that_match(contract: Bench) -> None:
    mine = {"measured": contract.run.id}
    ready, stopped = labelled(contract, **mine), labelled(contract, **mine)
    contract.service.stop_pod_sandbox(stopped)
    wanted = cri.PodSandboxStatsFilter(label_selector=mine)

    listed = [one.attributes.id for one in contract.service.list_pod_sandbox_stats(wanted)]

    assert listed == [ready]


@requires(Capability.SANDBOX_STATS, Capability.LIST_STREAMS)
def test_stream_sandbox_stats_has_each_once(contract: Bench) -> None:
    mine = cri.PodSandboxStatsFilter(id=contract.sandbox.id)

    streamed = [one.attributes.id for one in contract.service.stream_pod_sandbox_stats(mine)]

    assert streamed == [contract.sandbox.id]
