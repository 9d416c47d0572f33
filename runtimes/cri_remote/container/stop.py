"""StopContainer: bounded by the grace period and kubelet's patience together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def stop(runtime: Transport, container_id: str, timeout: int) -> None:
    """Stop a container; one that is absent counts as stopped, whatever the runtime thinks.

    Source: CRI StopContainer ("idempotent, and must not return an error if the container has
    already been stopped"); kubelet remote_runtime.go (StopContainer).
    """
    request = cri.StopContainerRequest(container_id=container_id, timeout=timeout)
    try:
        runtime.unary("StopContainer", request, cri.StopContainerResponse, own=timeout)
    except errors.NotFound:
        return
