"""ListMetricDescriptors, ListPodSandboxMetrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.METRICS)
def test_metrics_are_described_once_and_for_all(contract: Bench) -> None:
    first = contract.service.list_metric_descriptors()

    assert first == contract.service.list_metric_descriptors()
    assert len({one.name for one in first}) == len(first)


@requires(Capability.METRICS)
def test_every_metric_of_a_pod_is_described(contract: Bench) -> None:
    container = contract.sleeper()
    keys = {one.name: len(one.label_keys) for one in contract.service.list_metric_descriptors()}

    pods = {one.pod_sandbox_id: one for one in contract.service.list_pod_sandbox_metrics()}

    mine = pods[contract.sandbox.id]
    assert container in [one.container_id for one in mine.container_metrics]
    for metric in [*mine.metrics, *(m for c in mine.container_metrics for m in c.metrics)]:
        assert len(metric.label_values) == keys[metric.name]
