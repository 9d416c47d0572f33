"""A CRI service that refuses every call: what a new backend starts from, one RPC at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.unimplemented import Unfinished

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

    from runtimes.core.cri import services
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import Size, StreamingService, StreamSession


class UnimplementedService(Unfinished):
    """Raises `Unimplemented` for each of the 43 RPCs; subclass it and override what works."""

    def version(self, api_version: str = "") -> cri.VersionResponse:
        raise self._refuse("Version")

    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        raise self._refuse("RunPodSandbox")

    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        raise self._refuse("StopPodSandbox")

    def remove_pod_sandbox(self, pod_sandbox_id: str) -> None:
        raise self._refuse("RemovePodSandbox")

    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        raise self._refuse("PodSandboxStatus")

    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        raise self._refuse("ListPodSandbox")

    def stream_pod_sandboxes(
        self, filter: cri.PodSandboxFilter | None = None
    ) -> Iterator[cri.PodSandbox]:
        raise self._refuse("StreamPodSandboxes")

    def update_pod_sandbox_resources(
        self,
        pod_sandbox_id: str,
        *,
        overhead: cri.LinuxContainerResources | None = None,
        resources: cri.LinuxContainerResources | None = None,
    ) -> None:
        raise self._refuse("UpdatePodSandboxResources")

    def port_forward(self, request: cri.PortForwardRequest) -> str:
        raise self._refuse("PortForward")

    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        raise self._refuse("CreateContainer")

    def start_container(self, container_id: str) -> None:
        raise self._refuse("StartContainer")

    def stop_container(self, container_id: str, timeout: int) -> None:
        raise self._refuse("StopContainer")

    def remove_container(self, container_id: str) -> None:
        raise self._refuse("RemoveContainer")

    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        raise self._refuse("ListContainers")

    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        raise self._refuse("StreamContainers")

    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        raise self._refuse("ContainerStatus")

    def update_container_resources(
        self,
        container_id: str,
        linux: cri.LinuxContainerResources,
        annotations: dict[str, str] | None = None,
    ) -> None:
        raise self._refuse("UpdateContainerResources")

    def reopen_container_log(self, container_id: str) -> None:
        raise self._refuse("ReopenContainerLog")

    def checkpoint_container(self, container_id: str, location: str, timeout: int) -> None:
        raise self._refuse("CheckpointContainer")

    def checkpoint_pod(self, request: cri.CheckpointPodRequest) -> cri.CheckpointPodResponse:
        raise self._refuse("CheckpointPod")

    def restore_pod(self, request: cri.RestorePodRequest) -> cri.RestorePodResponse:
        raise self._refuse("RestorePod")

    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        raise self._refuse("ExecSync")

    def exec(self, request: cri.ExecRequest) -> str:
        raise self._refuse("Exec")

    def attach(self, request: cri.AttachRequest) -> str:
        raise self._refuse("Attach")

    def container_stats(self, container_id: str) -> cri.ContainerStats:
        raise self._refuse("ContainerStats")

    def list_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> list[cri.ContainerStats]:
        raise self._refuse("ListContainerStats")

    def stream_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> Iterator[cri.ContainerStats]:
        raise self._refuse("StreamContainerStats")

    def pod_sandbox_stats(self, pod_sandbox_id: str) -> cri.PodSandboxStats:
        raise self._refuse("PodSandboxStats")

    def list_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> list[cri.PodSandboxStats]:
        raise self._refuse("ListPodSandboxStats")

    def stream_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> Iterator[cri.PodSandboxStats]:
        raise self._refuse("StreamPodSandboxStats")

    def list_metric_descriptors(self) -> list[cri.MetricDescriptor]:
        raise self._refuse("ListMetricDescriptors")

    def list_pod_sandbox_metrics(self) -> list[cri.PodSandboxMetrics]:
        raise self._refuse("ListPodSandboxMetrics")

    def stream_pod_sandbox_metrics(self) -> Iterator[cri.PodSandboxMetrics]:
        raise self._refuse("StreamPodSandboxMetrics")

    def status(self, *, verbose: bool = False) -> cri.StatusResponse:
        raise self._refuse("Status")

    def update_runtime_config(self, runtime_config: cri.RuntimeConfig) -> None:
        raise self._refuse("UpdateRuntimeConfig")

    def runtime_config(self) -> cri.RuntimeConfigResponse:
        raise self._refuse("RuntimeConfig")

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        raise self._refuse("GetContainerEvents")

    def list_images(self, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
        raise self._refuse("ListImages")

    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        raise self._refuse("StreamImages")

    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        raise self._refuse("ImageStatus")

    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        raise self._refuse("PullImage")

    def remove_image(self, image: cri.ImageSpec) -> None:
        raise self._refuse("RemoveImage")

    def image_fs_info(self) -> cri.ImageFsInfoResponse:
        raise self._refuse("ImageFsInfo")


class UnimplementedStreams:
    """Refuses the calls of `StreamingService`; mix it in where only some of the streams work."""

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
        raise errors.Unimplemented("open the streams of Exec: this backend has none")

    def open_attach(self, request: cri.AttachRequest) -> StreamSession:
        raise errors.Unimplemented("open the streams of Attach: this backend has none")

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        raise errors.Unimplemented("forward a port: this backend forwards none")


if TYPE_CHECKING:
    _: services.CriService = UnimplementedService()
    _streams: StreamingService = UnimplementedStreams()
