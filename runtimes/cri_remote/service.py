"""The CRI over gRPC: a table of contents, one entry per RPC.

What needs thought has a file of its own; the others only put arguments into an envelope here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote.container import attach as container_attach
from runtimes.cri_remote.container import create as container_create
from runtimes.cri_remote.container import exec as container_exec
from runtimes.cri_remote.container import exec_sync as container_exec_sync
from runtimes.cri_remote.container import status as container_status
from runtimes.cri_remote.container import stop as container_stop
from runtimes.cri_remote.image import pull as image_pull
from runtimes.cri_remote.image import status as image_status
from runtimes.cri_remote.runtime import status as runtime_status
from runtimes.cri_remote.runtime import version as runtime_version
from runtimes.cri_remote.sandbox import port_forward as sandbox_port_forward
from runtimes.cri_remote.sandbox import run as sandbox_run
from runtimes.cri_remote.sandbox import status as sandbox_status
from runtimes.cri_remote.streaming_options import StreamingOptions
from runtimes.cri_remote.transport import flatten

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.core.cri.services import CriService
    from runtimes.core.streaming.session import Size, StreamingService, StreamSession
    from runtimes.cri_remote.transport import Transport


class RemoteCri:
    """A runtime behind a socket; `images` may be another one's."""

    name = "cri"

    def __init__(
        self, runtime: Transport, images: Transport, streaming: StreamingOptions | None = None
    ) -> None:
        self._runtime = runtime
        self._images = images
        self._streaming = streaming or StreamingOptions()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End connections and the streams on them. Idempotent."""
        self._runtime.close()
        self._images.close()

    # -- runtime

    def version(self, api_version: str = "") -> cri.VersionResponse:
        return runtime_version.version(self._runtime, api_version)

    def status(self, *, verbose: bool = False) -> cri.StatusResponse:
        return runtime_status.status(self._runtime, verbose=verbose)

    def runtime_config(self) -> cri.RuntimeConfigResponse:
        request = cri.RuntimeConfigRequest()
        return self._runtime.unary("RuntimeConfig", request, cri.RuntimeConfigResponse)

    def update_runtime_config(self, runtime_config: cri.RuntimeConfig) -> None:
        request = cri.UpdateRuntimeConfigRequest(runtime_config=runtime_config)
        self._runtime.unary("UpdateRuntimeConfig", request, cri.UpdateRuntimeConfigResponse)

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        request = cri.GetEventsRequest()
        return self._runtime.stream("GetContainerEvents", request, cri.ContainerEventResponse)

    # -- sandboxes

    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        return sandbox_run.run(self._runtime, config, runtime_handler)

    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        request = cri.StopPodSandboxRequest(pod_sandbox_id=pod_sandbox_id)
        self._runtime.settle("StopPodSandbox", request, cri.StopPodSandboxResponse)

    def remove_pod_sandbox(self, pod_sandbox_id: str) -> None:
        request = cri.RemovePodSandboxRequest(pod_sandbox_id=pod_sandbox_id)
        self._runtime.settle("RemovePodSandbox", request, cri.RemovePodSandboxResponse)

    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        return sandbox_status.status(self._runtime, pod_sandbox_id, verbose=verbose)

    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        request = cri.ListPodSandboxRequest(filter=filter)
        return list(
            self._runtime.unary("ListPodSandbox", request, cri.ListPodSandboxResponse).items
        )

    def stream_pod_sandboxes(
        self, filter: cri.PodSandboxFilter | None = None
    ) -> Iterator[cri.PodSandbox]:
        request = cri.StreamPodSandboxesRequest(filter=filter)
        answer = cri.StreamPodSandboxesResponse
        stream = self._runtime.stream("StreamPodSandboxes", request, answer)
        return flatten(stream, lambda message: message.pod_sandboxes)

    def update_pod_sandbox_resources(
        self,
        pod_sandbox_id: str,
        *,
        overhead: cri.LinuxContainerResources | None = None,
        resources: cri.LinuxContainerResources | None = None,
    ) -> None:
        request = cri.UpdatePodSandboxResourcesRequest(
            pod_sandbox_id=pod_sandbox_id, overhead=overhead, resources=resources
        )
        answer = cri.UpdatePodSandboxResourcesResponse
        self._runtime.unary("UpdatePodSandboxResources", request, answer)

    def port_forward(self, request: cri.PortForwardRequest) -> str:
        return sandbox_port_forward.port_forward_url(self._runtime, request)

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        return sandbox_port_forward.open_port_forward(
            self._runtime, pod_sandbox_id, port, self._streaming
        )

    # -- containers

    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        request = cri.CreateContainerRequest(
            pod_sandbox_id=pod_sandbox_id, config=config, sandbox_config=sandbox_config
        )
        return container_create.create(self._runtime, self._images, request)

    def start_container(self, container_id: str) -> None:
        request = cri.StartContainerRequest(container_id=container_id)
        self._runtime.unary("StartContainer", request, cri.StartContainerResponse)

    def stop_container(self, container_id: str, timeout: int) -> None:
        container_stop.stop(self._runtime, container_id, timeout)

    def remove_container(self, container_id: str) -> None:
        request = cri.RemoveContainerRequest(container_id=container_id)
        self._runtime.settle("RemoveContainer", request, cri.RemoveContainerResponse)

    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        request = cri.ListContainersRequest(filter=filter)
        answer = self._runtime.unary("ListContainers", request, cri.ListContainersResponse)
        return list(answer.containers)

    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        request = cri.StreamContainersRequest(filter=filter)
        stream = self._runtime.stream("StreamContainers", request, cri.StreamContainersResponse)
        return flatten(stream, lambda message: message.containers)

    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        return container_status.status(self._runtime, container_id, verbose=verbose)

    def update_container_resources(
        self,
        container_id: str,
        linux: cri.LinuxContainerResources,
        annotations: dict[str, str] | None = None,
    ) -> None:
        request = cri.UpdateContainerResourcesRequest(
            container_id=container_id, linux=linux, annotations=annotations or {}
        )
        answer = cri.UpdateContainerResourcesResponse
        self._runtime.unary("UpdateContainerResources", request, answer)

    def reopen_container_log(self, container_id: str) -> None:
        request = cri.ReopenContainerLogRequest(container_id=container_id)
        self._runtime.unary("ReopenContainerLog", request, cri.ReopenContainerLogResponse)

    def checkpoint_container(self, container_id: str, location: str, timeout: int) -> None:
        request = cri.CheckpointContainerRequest(
            container_id=container_id, location=location, timeout=timeout
        )
        answer = cri.CheckpointContainerResponse
        self._runtime.unary("CheckpointContainer", request, answer, own=timeout)

    def checkpoint_pod(self, request: cri.CheckpointPodRequest) -> cri.CheckpointPodResponse:
        return self._runtime.unary("CheckpointPod", request, cri.CheckpointPodResponse)

    def restore_pod(self, request: cri.RestorePodRequest) -> cri.RestorePodResponse:
        return self._runtime.unary("RestorePod", request, cri.RestorePodResponse)

    # -- exec

    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        return container_exec_sync.exec_sync(self._runtime, container_id, cmd, timeout)

    def exec(self, request: cri.ExecRequest) -> str:
        return container_exec.exec_url(self._runtime, request)

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
        return container_exec.open_exec(self._runtime, request, self._streaming, size)

    def attach(self, request: cri.AttachRequest) -> str:
        return container_attach.attach_url(self._runtime, request)

    def open_attach(self, request: cri.AttachRequest) -> StreamSession:
        return container_attach.open_attach(self._runtime, request, self._streaming)

    # -- stats

    def container_stats(self, container_id: str) -> cri.ContainerStats:
        request = cri.ContainerStatsRequest(container_id=container_id)
        return self._runtime.unary("ContainerStats", request, cri.ContainerStatsResponse).stats

    def list_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> list[cri.ContainerStats]:
        request = cri.ListContainerStatsRequest(filter=filter)
        answer = self._runtime.unary("ListContainerStats", request, cri.ListContainerStatsResponse)
        return list(answer.stats)

    def stream_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> Iterator[cri.ContainerStats]:
        request = cri.StreamContainerStatsRequest(filter=filter)
        answer = cri.StreamContainerStatsResponse
        stream = self._runtime.stream("StreamContainerStats", request, answer)
        return flatten(stream, lambda message: message.container_stats)

    def pod_sandbox_stats(self, pod_sandbox_id: str) -> cri.PodSandboxStats:
        request = cri.PodSandboxStatsRequest(pod_sandbox_id=pod_sandbox_id)
        return self._runtime.unary("PodSandboxStats", request, cri.PodSandboxStatsResponse).stats

    def list_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> list[cri.PodSandboxStats]:
        request = cri.ListPodSandboxStatsRequest(filter=filter)
        answer = cri.ListPodSandboxStatsResponse
        return list(self._runtime.unary("ListPodSandboxStats", request, answer).stats)

    def stream_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> Iterator[cri.PodSandboxStats]:
        request = cri.StreamPodSandboxStatsRequest(filter=filter)
        answer = cri.StreamPodSandboxStatsResponse
        stream = self._runtime.stream("StreamPodSandboxStats", request, answer)
        return flatten(stream, lambda message: message.pod_sandbox_stats)

    def list_metric_descriptors(self) -> list[cri.MetricDescriptor]:
        request = cri.ListMetricDescriptorsRequest()
        answer = cri.ListMetricDescriptorsResponse
        return list(self._runtime.unary("ListMetricDescriptors", request, answer).descriptors)

    def list_pod_sandbox_metrics(self) -> list[cri.PodSandboxMetrics]:
        request = cri.ListPodSandboxMetricsRequest()
        answer = cri.ListPodSandboxMetricsResponse
        return list(self._runtime.unary("ListPodSandboxMetrics", request, answer).pod_metrics)

    def stream_pod_sandbox_metrics(self) -> Iterator[cri.PodSandboxMetrics]:
        request = cri.StreamPodSandboxMetricsRequest()
        answer = cri.StreamPodSandboxMetricsResponse
        stream = self._runtime.stream("StreamPodSandboxMetrics", request, answer)
        return flatten(stream, lambda message: message.pod_sandbox_metrics)

    # -- images

    def list_images(self, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
        request = cri.ListImagesRequest(filter=filter)
        return list(self._images.unary("ListImages", request, cri.ListImagesResponse).images)

    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        request = cri.StreamImagesRequest(filter=filter)
        stream = self._images.stream("StreamImages", request, cri.StreamImagesResponse)
        return flatten(stream, lambda message: message.images)

    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        return image_status.status(self._images, image, verbose=verbose)

    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        return image_pull.pull(self._images, image, auth, sandbox_config)

    def remove_image(self, image: cri.ImageSpec) -> None:
        request = cri.RemoveImageRequest(image=image)
        self._images.settle("RemoveImage", request, cri.RemoveImageResponse)

    def image_fs_info(self) -> cri.ImageFsInfoResponse:
        return self._images.unary("ImageFsInfo", cri.ImageFsInfoRequest(), cri.ImageFsInfoResponse)


if TYPE_CHECKING:

    def _check(service: RemoteCri) -> CriService:
        return service

    def _check_streams(service: RemoteCri) -> StreamingService:
        return service
