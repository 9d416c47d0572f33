"""RPCs about statistics and metrics: from envelopes to the service's methods and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService


def container(
    service: CriService, request: cri.ContainerStatsRequest
) -> cri.ContainerStatsResponse:
    return cri.ContainerStatsResponse(stats=service.container_stats(request.container_id))


def list_containers(
    service: CriService, request: cri.ListContainerStatsRequest
) -> cri.ListContainerStatsResponse:
    chosen = request.filter if request.HasField("filter") else None
    return cri.ListContainerStatsResponse(stats=service.list_container_stats(chosen))


def stream_containers(
    service: CriService, request: cri.StreamContainerStatsRequest
) -> Iterator[cri.ContainerStats]:
    return service.stream_container_stats(request.filter if request.HasField("filter") else None)


def sandbox(
    service: CriService, request: cri.PodSandboxStatsRequest
) -> cri.PodSandboxStatsResponse:
    return cri.PodSandboxStatsResponse(stats=service.pod_sandbox_stats(request.pod_sandbox_id))


def list_sandboxes(
    service: CriService, request: cri.ListPodSandboxStatsRequest
) -> cri.ListPodSandboxStatsResponse:
    chosen = request.filter if request.HasField("filter") else None
    return cri.ListPodSandboxStatsResponse(stats=service.list_pod_sandbox_stats(chosen))


def stream_sandboxes(
    service: CriService, request: cri.StreamPodSandboxStatsRequest
) -> Iterator[cri.PodSandboxStats]:
    return service.stream_pod_sandbox_stats(request.filter if request.HasField("filter") else None)


def list_descriptors(
    service: CriService, _request: cri.ListMetricDescriptorsRequest
) -> cri.ListMetricDescriptorsResponse:
    return cri.ListMetricDescriptorsResponse(descriptors=service.list_metric_descriptors())


def list_metrics(
    service: CriService, _request: cri.ListPodSandboxMetricsRequest
) -> cri.ListPodSandboxMetricsResponse:
    return cri.ListPodSandboxMetricsResponse(pod_metrics=service.list_pod_sandbox_metrics())


def stream_metrics(
    service: CriService, _request: cri.StreamPodSandboxMetricsRequest
) -> Iterator[cri.PodSandboxMetrics]:
    return service.stream_pod_sandbox_metrics()
