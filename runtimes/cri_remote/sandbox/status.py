"""PodSandboxStatus: answers are checked, as kubelet checks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def status(
    runtime: Transport, pod_sandbox_id: str, *, verbose: bool
) -> cri.PodSandboxStatusResponse:
    """Source: CRI PodSandboxStatus; kubelet remote_runtime.go (PodSandboxStatus)."""
    request = cri.PodSandboxStatusRequest(pod_sandbox_id=pod_sandbox_id, verbose=verbose)
    answer = runtime.unary("PodSandboxStatus", request, cri.PodSandboxStatusResponse)
    validate.sandbox_status(answer.status)
    return answer
