"""Version.

Source: CRI Version; rktlet, which called every version 0.1.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.program.version import version as rkt_version

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine

KUBELET_API = "0.1.0"


def version(engine: ShimEngine) -> cri.VersionResponse:
    """Name the runtime.

    Source: CRI Version.
    """
    return cri.VersionResponse(
        version=KUBELET_API,
        runtime_name="rkt",
        runtime_version=rkt_version(engine.rkt),
        runtime_api_version="v1",
    )
