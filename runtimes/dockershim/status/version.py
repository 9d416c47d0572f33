"""Version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

_KUBELET_API_VERSION = "0.1.0"
_NAME = "docker"


def version(engine: Engine) -> cri.VersionResponse:
    """Name the Engine, its version and that of its API, spelt as semver.

    Raises:
        Unavailable: the Engine doesn't answer.
    Source: CRI Version; kubelet 1.22 dockershim/docker_service.go.
    """
    found = engine.facts.version()
    return cri.VersionResponse(
        version=_KUBELET_API_VERSION,
        runtime_name=_NAME,
        runtime_version=found["Version"],
        runtime_api_version=f"{found['ApiVersion']}.0",
    )
