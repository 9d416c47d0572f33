"""Version: the call that also decides which package name is spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cri_remote import validate
from runtimes.cri_remote.transport import KUBELET_API

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.cri_remote.transport import Transport


def version(runtime: Transport, api_version: str) -> cri.VersionResponse:
    """Source: CRI Version; kubelet remote_runtime.go (Version)."""
    answer = runtime.version(api_version or KUBELET_API)
    validate.version(answer)
    return answer
