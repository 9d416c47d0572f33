"""Status: useless without both conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def status(runtime: Transport, *, verbose: bool) -> cri.StatusResponse:
    """Source: CRI Status; kubelet remote_runtime.go (Status)."""
    answer = runtime.unary("Status", cri.StatusRequest(verbose=verbose), cri.StatusResponse)
    validate.status(answer)
    return answer
