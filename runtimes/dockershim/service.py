"""The CRI on Docker Engine: a table of contents; each RPC is a file of its own.

Those files are imported when first called, so that a list costs no more than a list.
What isn't here raises `Unimplemented`, and isn't claimed in `backend.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.dockershim.engine import Engine
from runtimes.dockershim.sandbox.recover import recover

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runtimes.core.cri import services
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.streaming.session import Size, StreamSession
    from runtimes.dockershim.options import DockershimOptions


class DockershimService(UnimplementedService):
    """Implements `CriService` over any DockerInterface, which it closes. Thread-safe."""

    name = "backend 'dockershim'"

    def __init__(self, options: DockershimOptions, docker: DockerInterface) -> None:
        """Open the root, and settle what a killed process left half-way there.

        Raises:
            PermissionDenied: it can't be written.
        """
        self.engine = Engine(options, docker)
        self.engine.prepare()
        recover(self.engine)

    def close(self) -> None:
        """End connections; containers go on. Idempotent."""
        self.engine.close()

    # -- the runtime itself

    def version(self, api_version: str = "") -> cri.VersionResponse:
        from runtimes.dockershim.status.version import version

        del api_version
        return version(self.engine)

    def status(self, *, verbose: bool = False) -> cri.StatusResponse:
        from runtimes.dockershim.status.status import status

        return status(self.engine, verbose=verbose)

    def update_runtime_config(self, runtime_config: cri.RuntimeConfig) -> None:
        from runtimes.dockershim.status.update_config import update_runtime_config

        update_runtime_config(self.engine, runtime_config)

    def runtime_config(self) -> cri.RuntimeConfigResponse:
        from runtimes.dockershim.status.runtime_config import runtime_config

        return runtime_config(self.engine)

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        from runtimes.dockershim.status.events import get_container_events

        return get_container_events(self.engine)

    # -- sandboxes

    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        from runtimes.dockershim.sandbox.run import run_pod_sandbox

        return run_pod_sandbox(self.engine, config, runtime_handler)

    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        from runtimes.dockershim.sandbox.stop import stop_pod_sandbox

        stop_pod_sandbox(self.engine, pod_sandbox_id)

    def remove_pod_sandbox(self, pod_sandbox_id: str) -> None:
        from runtimes.dockershim.sandbox.remove import remove_pod_sandbox

        remove_pod_sandbox(self.engine, pod_sandbox_id)

    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        from runtimes.dockershim.sandbox.status import pod_sandbox_status

        return pod_sandbox_status(self.engine, pod_sandbox_id, verbose=verbose)

    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        from runtimes.dockershim.sandbox.list import list_pod_sandbox

        return list_pod_sandbox(self.engine, filter)

    def stream_pod_sandboxes(
        self, filter: cri.PodSandboxFilter | None = None
    ) -> Iterator[cri.PodSandbox]:
        from runtimes.dockershim.sandbox.list import list_pod_sandbox

        yield from list_pod_sandbox(self.engine, filter)

    def update_pod_sandbox_resources(
        self,
        pod_sandbox_id: str,
        *,
        overhead: cri.LinuxContainerResources | None = None,
        resources: cri.LinuxContainerResources | None = None,
    ) -> None:
        from runtimes.dockershim.sandbox.update import update_pod_sandbox_resources

        update_pod_sandbox_resources(self.engine, pod_sandbox_id, overhead, resources)

    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        from runtimes.dockershim.container.exec_sync import exec_sync

        return exec_sync(self.engine, container_id, cmd, timeout)

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
        from runtimes.dockershim.container.exec import open_exec

        return open_exec(self.engine, request, size)

    def open_attach(self, request: cri.AttachRequest) -> StreamSession:
        from runtimes.dockershim.container.attach import open_attach

        return open_attach(self.engine, request)

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        from runtimes.dockershim.sandbox.port_forward import open_port_forward

        return open_port_forward(self.engine, pod_sandbox_id, port)

    # -- containers

    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        from runtimes.dockershim.container.create import create_container

        return create_container(self.engine, pod_sandbox_id, config, sandbox_config)

    def start_container(self, container_id: str) -> None:
        from runtimes.dockershim.container.start import start_container

        start_container(self.engine, container_id)

    def stop_container(self, container_id: str, timeout: int) -> None:
        from runtimes.dockershim.container.stop import stop_container

        stop_container(self.engine, container_id, timeout)

    def remove_container(self, container_id: str) -> None:
        from runtimes.dockershim.container.remove import remove_container

        remove_container(self.engine, container_id)

    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        from runtimes.dockershim.container.list import list_containers

        return list_containers(self.engine, filter)

    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        from runtimes.dockershim.container.list import list_containers

        yield from list_containers(self.engine, filter)

    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        from runtimes.dockershim.container.status import container_status

        return container_status(self.engine, container_id, verbose=verbose)

    def update_container_resources(
        self,
        container_id: str,
        linux: cri.LinuxContainerResources,
        annotations: dict[str, str] | None = None,
    ) -> None:
        from runtimes.dockershim.container.update import update_container_resources

        del annotations
        update_container_resources(self.engine, container_id, linux)

    def reopen_container_log(self, container_id: str) -> None:
        from runtimes.dockershim.container.reopen_log import reopen_container_log

        reopen_container_log(self.engine, container_id)

    # -- statistics

    def container_stats(self, container_id: str) -> cri.ContainerStats:
        from runtimes.dockershim.stats.container import container_stats

        return container_stats(self.engine, container_id)

    def list_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> list[cri.ContainerStats]:
        from runtimes.dockershim.stats.container import list_container_stats

        return list_container_stats(self.engine, filter)

    def stream_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> Iterator[cri.ContainerStats]:
        from runtimes.dockershim.stats.container import list_container_stats

        yield from list_container_stats(self.engine, filter)

    def pod_sandbox_stats(self, pod_sandbox_id: str) -> cri.PodSandboxStats:
        from runtimes.dockershim.stats.sandbox import pod_sandbox_stats

        return pod_sandbox_stats(self.engine, pod_sandbox_id)

    def list_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> list[cri.PodSandboxStats]:
        from runtimes.dockershim.stats.sandbox import list_pod_sandbox_stats

        return list_pod_sandbox_stats(self.engine, filter)

    def stream_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> Iterator[cri.PodSandboxStats]:
        from runtimes.dockershim.stats.sandbox import list_pod_sandbox_stats

        yield from list_pod_sandbox_stats(self.engine, filter)

    def list_metric_descriptors(self) -> list[cri.MetricDescriptor]:
        from runtimes.dockershim.stats.metrics import list_metric_descriptors

        return list_metric_descriptors()

    def list_pod_sandbox_metrics(self) -> list[cri.PodSandboxMetrics]:
        from runtimes.dockershim.stats.metrics import list_pod_sandbox_metrics

        return list_pod_sandbox_metrics(self.engine)

    def stream_pod_sandbox_metrics(self) -> Iterator[cri.PodSandboxMetrics]:
        from runtimes.dockershim.stats.metrics import list_pod_sandbox_metrics

        yield from list_pod_sandbox_metrics(self.engine)

    # -- images

    def list_images(self, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
        from runtimes.dockershim.image.list import list_images

        return list_images(self.engine, filter)

    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        from runtimes.dockershim.image.list import list_images

        yield from list_images(self.engine, filter)

    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        from runtimes.dockershim.image.status import image_status

        return image_status(self.engine, image, verbose=verbose)

    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        from runtimes.dockershim.image.pull import pull_image

        del sandbox_config
        return pull_image(self.engine, image, auth)

    def remove_image(self, image: cri.ImageSpec) -> None:
        from runtimes.dockershim.image.remove import remove_image

        remove_image(self.engine, image)

    def image_fs_info(self) -> cri.ImageFsInfoResponse:
        from runtimes.dockershim.image.fs_info import image_fs_info

        return image_fs_info(self.engine)

    def import_image(self, source: Path, name: str = "") -> list[str]:
        """As `runtimes.core.cri.services.ImageImporter.import_image`, without OCI layouts."""
        from runtimes.core.docker.import_image import import_image

        return import_image(self.engine.docker, source, name)


if TYPE_CHECKING:

    def _implements(service: DockershimService) -> services.CriService:
        return service

    def _imports(service: DockershimService) -> services.ImageImporter:
        return service
