"""ContainerStats, ListContainerStats, StreamContainerStats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.CONTAINER_STATS)
def test_container_stats_name_the_container_and_what_it_uses(contract: Bench) -> None:
    config = contract.script("sleep 1000")
    config.labels["app"] = "web"
    container = contract.start(config)

    stats = contract.service.container_stats(container)

    assert stats.attributes.id == container
    assert stats.attributes.metadata == config.metadata
    assert stats.attributes.labels == config.labels
    assert stats.cpu.timestamp > 0
    assert stats.cpu.usage_core_nano_seconds.value > 0
    assert stats.memory.working_set_bytes.value > 0


@requires(Capability.CONTAINER_STATS)
def test_cpu_use_grows_and_never_shrinks(contract: Bench) -> None:
    container = contract.start(contract.script("while :; do :; done"))

    def used() -> int:
        return contract.service.container_stats(container).cpu.usage_core_nano_seconds.value

    first = used()
    contract.wait_for(lambda: used() > first, "CPU use to grow")


@requires(Capability.CONTAINER_STATS)
def test_the_writable_layer_counts_what_the_container_wrote(contract: Bench) -> None:
    container = contract.start(
        contract.script("head -c 300000 /dev/zero > /file; echo ready; sleep 1000")
    )
    contract.wait_log(container, "ready")

    def written() -> int:
        return contract.service.container_stats(container).writable_layer.used_bytes.value

    contract.wait_for(lambda: written() >= 300_000, "the layer's size")


@requires(Capability.CONTAINER_STATS)
def test_container_stats_of_an_absent_one_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        contract.service.container_stats("no-such-container")


@requires(Capability.CONTAINER_STATS)
def test_list_container_stats_has_running_ones_that_match(contract: Bench) -> None:
    running = contract.sleeper()
    ended = contract.finish(contract.config("true")).id
    created = contract.create(contract.config("true"))
    mine = cri.ContainerStatsFilter(pod_sandbox_id=contract.sandbox.id)

    listed = [stats.attributes.id for stats in contract.service.list_container_stats(mine)]

    assert running in listed
    assert ended not in listed
    assert created not in listed


@requires(Capability.CONTAINER_STATS)
def test_list_container_stats_by_id(contract: Bench) -> None:
    wanted = contract.sleeper()
    contract.sleeper()

    listed = contract.service.list_container_stats(cri.ContainerStatsFilter(id=wanted))

    assert [stats.attributes.id for stats in listed] == [wanted]


@requires(Capability.CONTAINER_STATS, Capability.LIST_STREAMS)
def test_stream_container_stats_has_each_once(contract: Bench) -> None:
    running = contract.sleeper()
    mine = cri.ContainerStatsFilter(pod_sandbox_id=contract.sandbox.id)

    streamed = [stats.attributes.id for stats in contract.service.stream_container_stats(mine)]

    assert streamed == [running]
