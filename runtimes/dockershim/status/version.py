"""Version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

_KUBELET_API_VERSION = "0.1.0"
_API_VERSION = "v1"
_NAME = "docker"


def version(engine: Engine) -> cri.VersionResponse:
    """Name the Engine and its version; the API version is the CRI's, not Docker's.

    Raises:
        Unavailable: the Engine doesn't answer.
    Source: CRI Version; kubelet 1.22 dockershim/docker_service.go.
    """
    return cri.VersionResponse(
        version=_KUBELET_API_VERSION,
        runtime_name=_NAME,
        runtime_version=engine.facts.version()["Version"],
        runtime_api_version=_API_VERSION,
    )
