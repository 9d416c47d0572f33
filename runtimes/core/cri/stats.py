"""The CRI's statistics and metrics; `runtimes.core.cri.services` tells what holds for all calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.v1 import api_pb2 as cri


class StatsService(Protocol):
    def container_stats(self, container_id: str) -> cri.ContainerStats:
        """Tell what a running container uses.

        Raises:
            NotFound: no such container.
        Source: CRI ContainerStats.
        """
        ...

    def list_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> list[cri.ContainerStats]:
        """Tell it of all running containers that match; one that vanishes meanwhile is left out.

        Source: CRI ListContainerStats.
        """
        ...

    def stream_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> Iterator[cri.ContainerStats]:
        """Source: CRI StreamContainerStats."""
        ...

    def pod_sandbox_stats(self, pod_sandbox_id: str) -> cri.PodSandboxStats:
        """Tell what a pod uses as a whole, its network included.

        Raises:
            NotFound: no such sandbox.
        Source: CRI PodSandboxStats.
        """
        ...

    def list_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> list[cri.PodSandboxStats]:
        """Source: CRI ListPodSandboxStats."""
        ...

    def stream_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> Iterator[cri.PodSandboxStats]:
        """Source: CRI StreamPodSandboxStats."""
        ...

    def list_metric_descriptors(self) -> list[cri.MetricDescriptor]:
        """Name the metrics of `list_pod_sandbox_metrics`; the same for the service's life.

        Source: CRI ListMetricDescriptors.
        """
        ...

    def list_pod_sandbox_metrics(self) -> list[cri.PodSandboxMetrics]:
        """Source: CRI ListPodSandboxMetrics."""
        ...

    def stream_pod_sandbox_metrics(self) -> Iterator[cri.PodSandboxMetrics]:
        """Source: CRI StreamPodSandboxMetrics."""
        ...
