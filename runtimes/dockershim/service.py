"""The CRI on Docker Engine: a table of contents; each RPC is a file of its own.

Those files are imported when first called, so that a list costs no more than a list.
What isn't here raises `Unimplemented`, and isn't claimed in `backend.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.dockershim.engine import Engine

if TYPE_CHECKING:
    from runtimes.core.cri import services
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.dockershim.options import DockershimOptions


class DockershimService(UnimplementedService):
    """Implements `CriService` over any DockerInterface, which it closes. Thread-safe."""

    name = "backend 'dockershim'"

    def __init__(self, options: DockershimOptions, docker: DockerInterface) -> None:
        """Open the root.

        Raises:
            PermissionDenied: it can't be written.
        """
        self.engine = Engine(options, docker)
        self.engine.prepare()

    def close(self) -> None:
        """End connections; containers go on. Idempotent."""
        self.engine.close()

    # -- the runtime itself

    def version(self, api_version: str = "") -> cri.VersionResponse:
        from runtimes.dockershim.status.version import version

        del api_version
        return version(self.engine)

    def runtime_config(self) -> cri.RuntimeConfigResponse:
        from runtimes.dockershim.status.runtime_config import runtime_config

        return runtime_config(self.engine)

    # -- sandboxes

    # -- containers

    # -- commands in containers

    # -- statistics

    # -- images


if TYPE_CHECKING:

    def _implements(service: DockershimService) -> services.CriService:
        return service
