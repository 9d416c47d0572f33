"""Version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.host import programs

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine

_KUBELET_API_VERSION = "0.1.0"
_API_VERSION = "v1"


def version(engine: Engine) -> cri.VersionResponse:
    """Name the OCI runtime in use and its version.

    Source: CRI Version.
    """
    program = programs.describe(engine.runtime.path, engine.paths.run_root)
    return cri.VersionResponse(
        version=_KUBELET_API_VERSION,
        runtime_name=program.name,
        runtime_version=".".join(map(str, program.version)),
        runtime_api_version=_API_VERSION,
    )
