"""A table of contents of what is served, one entry per RPC: which function answers it, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from google.protobuf import message_factory

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.server import container, image, runtime, sandbox, stats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from google.protobuf.message import Message

    from runtimes.core.cri.services import CriService

    Unary: TypeAlias = Callable[[CriService, Any], Message]
    Begin: TypeAlias = Callable[[CriService, Any], Iterator[Any]]

UNARY: Final[Mapping[str, Unary]] = {
    "Version": runtime.version,
    "Status": runtime.status,
    "RuntimeConfig": runtime.config,
    "UpdateRuntimeConfig": runtime.update_config,
    "RunPodSandbox": sandbox.run,
    "StopPodSandbox": sandbox.stop,
    "RemovePodSandbox": sandbox.remove,
    "PodSandboxStatus": sandbox.status,
    "ListPodSandbox": sandbox.list_,
    "UpdatePodSandboxResources": sandbox.update,
    "PortForward": sandbox.port_forward,
    "CreateContainer": container.create,
    "StartContainer": container.start,
    "StopContainer": container.stop,
    "RemoveContainer": container.remove,
    "ListContainers": container.list_,
    "ContainerStatus": container.status,
    "UpdateContainerResources": container.update,
    "ReopenContainerLog": container.reopen_log,
    "CheckpointContainer": container.checkpoint,
    "CheckpointPod": container.checkpoint_pod,
    "RestorePod": container.restore_pod,
    "ExecSync": container.exec_sync,
    "Exec": container.exec_,
    "Attach": container.attach,
    "ContainerStats": stats.container,
    "ListContainerStats": stats.list_containers,
    "PodSandboxStats": stats.sandbox,
    "ListPodSandboxStats": stats.list_sandboxes,
    "ListMetricDescriptors": stats.list_descriptors,
    "ListPodSandboxMetrics": stats.list_metrics,
    "ListImages": image.list_,
    "ImageStatus": image.status,
    "PullImage": image.pull,
    "RemoveImage": image.remove,
    "ImageFsInfo": image.fs_info,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that is sent in several messages.

    Attributes:
        begin: makes the iterator over its items.
        wrap: puts some of them into one message.
    """

    begin: Begin
    wrap: Callable[[list[Any]], Message]


LISTINGS: Final[Mapping[str, Listing]] = {
    "StreamPodSandboxes": Listing(
        sandbox.stream, lambda some: cri.StreamPodSandboxesResponse(pod_sandboxes=some)
    ),
    "StreamContainers": Listing(
        container.stream, lambda some: cri.StreamContainersResponse(containers=some)
    ),
    "StreamContainerStats": Listing(
        stats.stream_containers, lambda some: cri.StreamContainerStatsResponse(container_stats=some)
    ),
    "StreamPodSandboxStats": Listing(
        stats.stream_sandboxes,
        lambda some: cri.StreamPodSandboxStatsResponse(pod_sandbox_stats=some),
    ),
    "StreamPodSandboxMetrics": Listing(
        stats.stream_metrics,
        lambda some: cri.StreamPodSandboxMetricsResponse(pod_sandbox_metrics=some),
    ),
    "StreamImages": Listing(image.stream, lambda some: cri.StreamImagesResponse(images=some)),
}

FEEDS: Final[Mapping[str, Begin]] = {"GetContainerEvents": runtime.events}
"""Streams without an end."""

V1 = "runtime.v1"
V1ALPHA2 = "runtime.v1alpha2"
V1ALPHA2_RPCS: Final = frozenset(
    {
        "Version", "RunPodSandbox", "StopPodSandbox", "RemovePodSandbox", "PodSandboxStatus",
        "ListPodSandbox", "CreateContainer", "StartContainer", "StopContainer", "RemoveContainer",
        "ListContainers", "ContainerStatus", "UpdateContainerResources", "ReopenContainerLog",
        "ExecSync", "Exec", "Attach", "PortForward", "ContainerStats", "ListContainerStats",
        "PodSandboxStats", "ListPodSandboxStats", "UpdateRuntimeConfig", "Status",
        "ListImages", "ImageStatus", "PullImage", "RemoveImage", "ImageFsInfo",
    }
)  # fmt: skip
"""Source: cri-api v1alpha2 as of Kubernetes 1.25, the last release that had it."""

READS: Final = frozenset(
    {
        "Version", "Status", "RuntimeConfig", "PodSandboxStatus", "ListPodSandbox",
        "ListContainers", "ContainerStatus", "ContainerStats", "ListContainerStats",
        "PodSandboxStats", "ListPodSandboxStats", "ListMetricDescriptors",
        "ListPodSandboxMetrics", "ListImages", "ImageStatus", "ImageFsInfo",
    }
)  # fmt: skip
"""Calls that only look, and so answer soon."""


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC under one of the CRI's package names.

    Attributes:
        service: ``RuntimeService`` or ``ImageService``.
        request: the class of what comes in; both packages have v1's messages.
    """

    package: str
    service: str
    name: str
    request: type[Message]

    @property
    def path(self) -> str:
        return f"/{self.package}.{self.service}/{self.name}"


def methods() -> list[Method]:
    """Every RPC of both packages, from the schema itself."""
    return [
        Method(package, service.name, rpc.name, message_factory.GetMessageClass(rpc.input_type))
        for service in cri.DESCRIPTOR.services_by_name.values()
        for rpc in service.methods
        for package in (V1, V1ALPHA2)
        if package == V1 or rpc.name in V1ALPHA2_RPCS
    ]
