"""Exec, Attach and PortForward as a service offers them: sessions in process, or URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.session import StreamingService

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService


def streaming(service: CriService) -> StreamingService:
    """The service as one that opens sessions, in process or over its URLs."""
    assert isinstance(service, StreamingService), f"{service} claims streams, and opens none"
    return service


def begin_exec(service: CriService, request: cri.ExecRequest) -> None:
    """Raises: as Exec."""
    if isinstance(service, StreamingService):
        service.open_exec(request).close()
    else:
        service.exec(request)


def begin_attach(service: CriService, request: cri.AttachRequest) -> None:
    """Raises: as Attach."""
    if isinstance(service, StreamingService):
        service.open_attach(request).close()
    else:
        service.attach(request)


def begin_port_forward(service: CriService, pod_sandbox_id: str, port: int) -> None:
    """Raises: as PortForward."""
    if isinstance(service, StreamingService):
        service.open_port_forward(pod_sandbox_id, port).close()
    else:
        service.port_forward(cri.PortForwardRequest(pod_sandbox_id=pod_sandbox_id, port=[port]))


def opens_itself(service: CriService) -> bool:
    """Whether its streams are of this process, not of a server that it gives URLs of."""
    try:
        service.exec(cri.ExecRequest(container_id="no-such-container", cmd=["true"], stdout=True))
    except errors.Unimplemented:
        return isinstance(service, StreamingService)
    except errors.Error:
        pass
    return False


def need_urls(service: CriService) -> None:
    """Skip a test of URLs for a service that opens its streams in this process."""
    if opens_itself(service):
        pytest.skip("it opens streams itself, and leaves URLs to a server")
