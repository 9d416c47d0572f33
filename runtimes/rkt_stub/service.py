"""The CRI over `rkt app`: a table of contents; each RPC is a file of its own.

What Kubernetes' own rktshim was to become and rktlet proved; what it can't do raises
`Unimplemented` and isn't claimed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.unimplemented import UnimplementedService, UnimplementedStreams

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence

    from runtimes.core.cri import services
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.rkt_stub.shim.engine import ShimEngine


class RktShim(UnimplementedStreams, UnimplementedService):
    """Implements `CriService`. Thread-safe; keeps nothing in memory that isn't on disk.

    No attach: `rkt attach` passes no end of input on, and may lose the last line.
    """

    name = "backend 'rktshim'"

    def __init__(self, engine: ShimEngine) -> None:
        """Open the root, and take back what records no longer name.

        Raises:
            PermissionDenied: it can't be written.
        """
        from runtimes.rkt_stub.sandbox.recover import recover

        self.engine = engine
        engine.prepare()
        recover(engine)

    def version(self, api_version: str = "") -> cri.VersionResponse:
        from runtimes.rkt_stub.runtime.version import version

        del api_version
        return version(self.engine)

    def status(self, *, verbose: bool = False) -> cri.StatusResponse:
        from runtimes.rkt_stub.runtime.status import status

        return status(self.engine, verbose=verbose)

    # -- sandboxes

    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        from runtimes.rkt_stub.sandbox.run import run_pod_sandbox

        return run_pod_sandbox(self.engine, config, runtime_handler)

    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        from runtimes.rkt_stub.sandbox.stop import stop_pod_sandbox

        stop_pod_sandbox(self.engine, pod_sandbox_id)

    def remove_pod_sandbox(self, pod_sandbox_id: str) -> None:
        from runtimes.rkt_stub.sandbox.remove import remove_pod_sandbox

        remove_pod_sandbox(self.engine, pod_sandbox_id)

    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        from runtimes.rkt_stub.sandbox.status import pod_sandbox_status

        return pod_sandbox_status(self.engine, pod_sandbox_id, verbose=verbose)

    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        from runtimes.rkt_stub.sandbox.list import list_pod_sandbox

        return list_pod_sandbox(self.engine, filter)

    def stream_pod_sandboxes(
        self, filter: cri.PodSandboxFilter | None = None
    ) -> Iterator[cri.PodSandbox]:
        yield from self.list_pod_sandbox(filter)

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        from runtimes.rkt_stub.sandbox.port_forward import open_port_forward

        return open_port_forward(self.engine, pod_sandbox_id, port)

    # -- containers

    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        from runtimes.rkt_stub.container.create import create_container

        del sandbox_config
        return create_container(self.engine, pod_sandbox_id, config)

    def start_container(self, container_id: str) -> None:
        from runtimes.rkt_stub.container.start import start_container

        start_container(self.engine, container_id)

    def stop_container(self, container_id: str, timeout: int) -> None:
        from runtimes.rkt_stub.container.stop import stop_container

        stop_container(self.engine, container_id, timeout)

    def remove_container(self, container_id: str) -> None:
        from runtimes.rkt_stub.container.remove import remove_container

        remove_container(self.engine, container_id)

    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        from runtimes.rkt_stub.container.status import container_status

        return container_status(self.engine, container_id, verbose=verbose)

    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        from runtimes.rkt_stub.container.list import list_containers

        return list_containers(self.engine, filter)

    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        yield from self.list_containers(filter)

    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        from runtimes.rkt_stub.container.exec import exec_sync

        return exec_sync(self.engine, container_id, cmd, timeout)

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
        from runtimes.rkt_stub.container.exec import open_exec

        return open_exec(self.engine, request, size)

    # -- images

    def list_images(self, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
        from runtimes.rkt_stub.image.list import list_images

        return list_images(self.engine, filter)

    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        yield from self.list_images(filter)

    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        from runtimes.rkt_stub.image.status import image_status

        return image_status(self.engine, image, verbose=verbose)

    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        from runtimes.rkt_stub.image.pull import pull_image

        del sandbox_config
        return pull_image(self.engine, image, auth)

    def remove_image(self, image: cri.ImageSpec) -> None:
        from runtimes.rkt_stub.image.remove import remove_image

        remove_image(self.engine, image)

    def image_fs_info(self) -> cri.ImageFsInfoResponse:
        from runtimes.rkt_stub.image.fs_info import image_fs_info

        return image_fs_info(self.engine)


if TYPE_CHECKING:

    def _conforms(shim: RktShim) -> services.CriService:
        return shim
