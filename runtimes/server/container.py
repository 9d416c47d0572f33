"""RPCs about containers: from envelopes to the service's methods and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService


def create(service: CriService, request: cri.CreateContainerRequest) -> cri.CreateContainerResponse:
    made = service.create_container(request.pod_sandbox_id, request.config, request.sandbox_config)
    return cri.CreateContainerResponse(container_id=made)


def start(service: CriService, request: cri.StartContainerRequest) -> cri.StartContainerResponse:
    service.start_container(request.container_id)
    return cri.StartContainerResponse()


def stop(service: CriService, request: cri.StopContainerRequest) -> cri.StopContainerResponse:
    service.stop_container(request.container_id, request.timeout)
    return cri.StopContainerResponse()


def remove(service: CriService, request: cri.RemoveContainerRequest) -> cri.RemoveContainerResponse:
    service.remove_container(request.container_id)
    return cri.RemoveContainerResponse()


def list_(service: CriService, request: cri.ListContainersRequest) -> cri.ListContainersResponse:
    chosen = request.filter if request.HasField("filter") else None
    return cri.ListContainersResponse(containers=service.list_containers(chosen))


def stream(service: CriService, request: cri.StreamContainersRequest) -> Iterator[cri.Container]:
    return service.stream_containers(request.filter if request.HasField("filter") else None)


def status(service: CriService, request: cri.ContainerStatusRequest) -> cri.ContainerStatusResponse:
    return service.container_status(request.container_id, verbose=request.verbose)


def update(
    service: CriService, request: cri.UpdateContainerResourcesRequest
) -> cri.UpdateContainerResourcesResponse:
    service.update_container_resources(
        request.container_id, request.linux, dict(request.annotations)
    )
    return cri.UpdateContainerResourcesResponse()


def reopen_log(
    service: CriService, request: cri.ReopenContainerLogRequest
) -> cri.ReopenContainerLogResponse:
    service.reopen_container_log(request.container_id)
    return cri.ReopenContainerLogResponse()


def checkpoint(
    service: CriService, request: cri.CheckpointContainerRequest
) -> cri.CheckpointContainerResponse:
    service.checkpoint_container(request.container_id, request.location, request.timeout)
    return cri.CheckpointContainerResponse()


def checkpoint_pod(
    service: CriService, request: cri.CheckpointPodRequest
) -> cri.CheckpointPodResponse:
    return service.checkpoint_pod(request)


def restore_pod(service: CriService, request: cri.RestorePodRequest) -> cri.RestorePodResponse:
    return service.restore_pod(request)


def exec_sync(service: CriService, request: cri.ExecSyncRequest) -> cri.ExecSyncResponse:
    return service.exec_sync(request.container_id, list(request.cmd), request.timeout)


def exec_(service: CriService, request: cri.ExecRequest) -> cri.ExecResponse:
    return cri.ExecResponse(url=service.exec(request))


def attach(service: CriService, request: cri.AttachRequest) -> cri.AttachResponse:
    return cri.AttachResponse(url=service.attach(request))
