"""Metrics as kubelet's /metrics/cadvisor shows them, from real cgroups and interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.oci.tests.pods import wait_for

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.tests.pods import Pods

UNACCOUNTED = (
    "container_blkio_device_usage",
    "container_fs_reads",
    "container_fs_writes",
    "container_hugetlb",
    "container_pressure",
    "container_spec_cpu_quota",
)
"""What only some kernels tell, or only of some disks, or of a container with a quota."""

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]


def _of(pods: Pods, sandbox: str) -> cri.PodSandboxMetrics:
    return next(
        each for each in pods.service.list_pod_sandbox_metrics() if each.pod_sandbox_id == sandbox
    )


def _value(metrics: cri.ContainerMetrics, name: str) -> int:
    return next(each.value.value for each in metrics.metrics if each.name == name)


def test_a_container_is_measured_and_labelled(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod, ["sh", "-c", "sleep 1000 & sleep 1000"])
    wait_for(lambda: _value(_of(pods, pod.id).container_metrics[0], "container_threads") == 2)

    (found,) = _of(pods, pod.id).container_metrics

    assert found.container_id == container
    assert _value(found, "container_memory_usage_bytes") > 0
    started = pods.status(container).started_at // 1_000_000_000
    assert _value(found, "container_start_time_seconds") == started
    labels = found.metrics[0].label_values
    assert labels[1:2] == [container]
    assert labels[3:] == ["test", pod.config.metadata.name, "main"]


def test_every_metric_that_this_kernel_accounts_has_a_value(pods: Pods) -> None:
    pod = pods.run()
    pods.start(pod)
    described = {one.name for one in pods.service.list_metric_descriptors()}

    told = _of(pods, pod.id)
    found = {one.name for one in [*told.metrics, *told.container_metrics[0].metrics]}

    assert found <= described
    assert not {one for one in described - found if not one.startswith(UNACCOUNTED)}


def test_cpu_time_counts_in_seconds(pods: Pods) -> None:
    pod = pods.run()
    pods.start(pod, ["sh", "-c", "while :; do :; done"])

    name = "container_cpu_usage_seconds_total"
    wait_for(lambda: 0 < _value(_of(pods, pod.id).container_metrics[0], name) < 60, 20)


def test_the_network_is_the_pods(pods: Pods) -> None:
    pod = pods.run()
    container = pods.start(pod)
    gateway = pods.sh(container, "ip route | awk '/default/ {print $3}'").strip()
    pods.sh(container, f"ping -c 2 -i 0.1 {gateway}")

    received = [
        each
        for each in _of(pods, pod.id).metrics
        if each.name == "container_network_receive_packets_total"
    ]

    assert [each.label_values[-1] for each in received] == ["eth0"]
    assert received[0].value.value >= 2


def test_what_does_not_run_is_not_measured(pods: Pods) -> None:
    pod = pods.run()
    pods.create(pod)

    assert not _of(pods, pod.id).container_metrics
