"""RPCs about sandboxes: from envelopes to the service's methods and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService


def run(service: CriService, request: cri.RunPodSandboxRequest) -> cri.RunPodSandboxResponse:
    made = service.run_pod_sandbox(request.config, request.runtime_handler)
    return cri.RunPodSandboxResponse(pod_sandbox_id=made)


def stop(service: CriService, request: cri.StopPodSandboxRequest) -> cri.StopPodSandboxResponse:
    service.stop_pod_sandbox(request.pod_sandbox_id)
    return cri.StopPodSandboxResponse()


def remove(
    service: CriService, request: cri.RemovePodSandboxRequest
) -> cri.RemovePodSandboxResponse:
    service.remove_pod_sandbox(request.pod_sandbox_id)
    return cri.RemovePodSandboxResponse()


def status(
    service: CriService, request: cri.PodSandboxStatusRequest
) -> cri.PodSandboxStatusResponse:
    return service.pod_sandbox_status(request.pod_sandbox_id, verbose=request.verbose)


def list_(service: CriService, request: cri.ListPodSandboxRequest) -> cri.ListPodSandboxResponse:
    chosen = request.filter if request.HasField("filter") else None
    return cri.ListPodSandboxResponse(items=service.list_pod_sandbox(chosen))


def stream(service: CriService, request: cri.StreamPodSandboxesRequest) -> Iterator[cri.PodSandbox]:
    return service.stream_pod_sandboxes(request.filter if request.HasField("filter") else None)


def update(
    service: CriService, request: cri.UpdatePodSandboxResourcesRequest
) -> cri.UpdatePodSandboxResourcesResponse:
    service.update_pod_sandbox_resources(
        request.pod_sandbox_id,
        overhead=request.overhead if request.HasField("overhead") else None,
        resources=request.resources if request.HasField("resources") else None,
    )
    return cri.UpdatePodSandboxResourcesResponse()


def port_forward(service: CriService, request: cri.PortForwardRequest) -> cri.PortForwardResponse:
    return cri.PortForwardResponse(url=service.port_forward(request))
