"""RPCs about the runtime itself: from envelopes to the service's methods and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService


def version(service: CriService, request: cri.VersionRequest) -> cri.VersionResponse:
    return service.version(request.version)


def status(service: CriService, request: cri.StatusRequest) -> cri.StatusResponse:
    return service.status(verbose=request.verbose)


def config(service: CriService, _request: cri.RuntimeConfigRequest) -> cri.RuntimeConfigResponse:
    return service.runtime_config()


def update_config(
    service: CriService, request: cri.UpdateRuntimeConfigRequest
) -> cri.UpdateRuntimeConfigResponse:
    service.update_runtime_config(request.runtime_config)
    return cri.UpdateRuntimeConfigResponse()


def events(
    service: CriService, _request: cri.GetEventsRequest
) -> Iterator[cri.ContainerEventResponse]:
    return service.get_container_events()
