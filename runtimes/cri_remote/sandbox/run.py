"""RunPodSandbox: twice kubelet's patience, and an id is the least to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def run(runtime: Transport, config: cri.PodSandboxConfig, runtime_handler: str) -> str:
    """Source: CRI RunPodSandbox; kubelet remote_runtime.go (RunPodSandbox)."""
    request = cri.RunPodSandboxRequest(config=config, runtime_handler=runtime_handler)
    answer = runtime.unary("RunPodSandbox", request, cri.RunPodSandboxResponse)
    validate.require("RunPodSandbox", {"pod_sandbox_id": answer.pod_sandbox_id})
    return answer.pod_sandbox_id
