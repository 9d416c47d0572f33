"""StopContainer: bounded by the grace period and kubelet's patience together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def stop(runtime: Transport, container_id: str, timeout: int) -> None:
    """Source: CRI StopContainer; kubelet remote_runtime.go (StopContainer)."""
    request = cri.StopContainerRequest(container_id=container_id, timeout=timeout)
    runtime.settle("StopContainer", request, cri.StopContainerResponse, own=timeout)
