"""ContainerStatus: answers are checked, as kubelet checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def status(runtime: Transport, container_id: str, *, verbose: bool) -> cri.ContainerStatusResponse:
    """Source: CRI ContainerStatus; kubelet remote_runtime.go (ContainerStatus)."""
    request = cri.ContainerStatusRequest(container_id=container_id, verbose=verbose)
    answer = runtime.unary("ContainerStatus", request, cri.ContainerStatusResponse)
    validate.container_status(answer.status)
    return answer
