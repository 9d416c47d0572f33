"""The embedded CRI service: a table of contents; each RPC is a file of its own.

Those files are imported when first called, so that a list costs no more than a list.

`OciService` keeps nothing in memory that isn't on disk: any number of services, in any number of
processes, may work on one root at once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.oci.container import changes
from runtimes.oci.engine import Engine
from runtimes.oci.sandbox.recover import recover

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from runtimes.core.cri import services
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.streaming.session import Size, StreamingService, StreamSession
    from runtimes.oci.options import OciOptions


class OciService(UnimplementedService):
    """Implements `CriService`, `StreamingService` and `ImageImporter`. Thread-safe."""

    name = "backend 'oci'"

    def __init__(self, options: OciOptions) -> None:
        """Open the root, and settle what a killed process left half-way there.

        Raises:
            BackendUnavailable: a program that the options name isn't installed.
            PermissionDenied: the root can't be written.
        """
        self.engine = Engine(options)
        self._changes = changes.Changes()
        self.engine.prepare()
        recover(self.engine)

    def wait_for_change(self, pod_uid: str, timeout: float) -> bool:
        """Wait until a container of the pod has ended; False after `timeout` seconds without.

        True at once if one has ended since the last call for this pod. Costs no polling.
        """
        return self._changes.wait(self.engine, pod_uid, timeout)

    def version(self, api_version: str = "") -> cri.VersionResponse:
        from runtimes.oci.status.version import version

        del api_version
        return version(self.engine)

    def status(self, *, verbose: bool = False) -> cri.StatusResponse:
        from runtimes.oci.status.status import status

        return status(self.engine, verbose=verbose)

    def runtime_config(self) -> cri.RuntimeConfigResponse:
        from runtimes.oci.status.runtime_config import runtime_config

        return runtime_config()

    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        from runtimes.oci.event.watch import Events

        return Events(self.engine)

    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        from runtimes.oci.sandbox.run import run_pod_sandbox

        return run_pod_sandbox(self.engine, config, runtime_handler)

    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        from runtimes.oci.sandbox.stop import stop_pod_sandbox

        stop_pod_sandbox(self.engine, pod_sandbox_id)

    def remove_pod_sandbox(self, pod_sandbox_id: str) -> None:
        from runtimes.oci.sandbox.remove import remove_pod_sandbox

        remove_pod_sandbox(self.engine, pod_sandbox_id)

    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        from runtimes.oci.sandbox.status import pod_sandbox_status

        return pod_sandbox_status(self.engine, pod_sandbox_id, verbose=verbose)

    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        from runtimes.oci.sandbox.list import list_pod_sandbox

        return list_pod_sandbox(self.engine, filter)

    def stream_pod_sandboxes(
        self, filter: cri.PodSandboxFilter | None = None
    ) -> Iterator[cri.PodSandbox]:
        from runtimes.oci.sandbox.list import list_pod_sandbox

        yield from list_pod_sandbox(self.engine, filter)

    def update_pod_sandbox_resources(
        self,
        pod_sandbox_id: str,
        *,
        overhead: cri.LinuxContainerResources | None = None,
        resources: cri.LinuxContainerResources | None = None,
    ) -> None:
        from runtimes.oci.sandbox.update import update_pod_sandbox_resources

        update_pod_sandbox_resources(self.engine, pod_sandbox_id, overhead, resources)

    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        from runtimes.oci.container.create import create_container

        return create_container(self.engine, pod_sandbox_id, config, sandbox_config)

    def start_container(self, container_id: str) -> None:
        from runtimes.oci.container.start import start_container

        start_container(self.engine, container_id)

    def stop_container(self, container_id: str, timeout: int) -> None:
        from runtimes.oci.container.stop import stop_container

        stop_container(self.engine, container_id, timeout)

    def remove_container(self, container_id: str) -> None:
        from runtimes.oci.container.remove import remove_container

        remove_container(self.engine, container_id)

    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        from runtimes.oci.container.list import list_containers

        return list_containers(self.engine, filter)

    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        from runtimes.oci.container.list import list_containers

        yield from list_containers(self.engine, filter)

    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        from runtimes.oci.container.status import container_status

        return container_status(self.engine, container_id, verbose=verbose)

    def update_container_resources(
        self,
        container_id: str,
        linux: cri.LinuxContainerResources,
        annotations: dict[str, str] | None = None,
    ) -> None:
        from runtimes.oci.container.update import update_container_resources

        del annotations
        update_container_resources(self.engine, container_id, linux)

    def reopen_container_log(self, container_id: str) -> None:
        from runtimes.oci.container.reopen_log import reopen_container_log

        reopen_container_log(self.engine, container_id)

    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        from runtimes.oci.container.exec_sync import exec_sync

        return exec_sync(self.engine, container_id, cmd, timeout)

    def open_exec(self, request: cri.ExecRequest, size: Size | None = None) -> StreamSession:
        from runtimes.oci.container.exec import open_exec

        return open_exec(self.engine, request, size)

    def open_attach(self, request: cri.AttachRequest) -> StreamSession:
        from runtimes.oci.container.attach import open_attach

        return open_attach(self.engine, request)

    def open_port_forward(self, pod_sandbox_id: str, port: int) -> socket.socket:
        from runtimes.oci.sandbox.port_forward import open_port_forward

        return open_port_forward(self.engine, pod_sandbox_id, port)

    def container_stats(self, container_id: str) -> cri.ContainerStats:
        from runtimes.oci.stats.container import container_stats

        return container_stats(self.engine, container_id)

    def list_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> list[cri.ContainerStats]:
        from runtimes.oci.stats.container import list_container_stats

        return list_container_stats(self.engine, filter)

    def stream_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> Iterator[cri.ContainerStats]:
        from runtimes.oci.stats.container import list_container_stats

        yield from list_container_stats(self.engine, filter)

    def pod_sandbox_stats(self, pod_sandbox_id: str) -> cri.PodSandboxStats:
        from runtimes.oci.stats.sandbox import pod_sandbox_stats

        return pod_sandbox_stats(self.engine, pod_sandbox_id)

    def list_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> list[cri.PodSandboxStats]:
        from runtimes.oci.stats.sandbox import list_pod_sandbox_stats

        return list_pod_sandbox_stats(self.engine, filter)

    def stream_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> Iterator[cri.PodSandboxStats]:
        from runtimes.oci.stats.sandbox import list_pod_sandbox_stats

        yield from list_pod_sandbox_stats(self.engine, filter)

    def list_metric_descriptors(self) -> list[cri.MetricDescriptor]:
        from runtimes.oci.stats.metrics import list_metric_descriptors

        return list_metric_descriptors()

    def list_pod_sandbox_metrics(self) -> list[cri.PodSandboxMetrics]:
        from runtimes.oci.stats.metrics import list_pod_sandbox_metrics

        return list_pod_sandbox_metrics(self.engine)

    def stream_pod_sandbox_metrics(self) -> Iterator[cri.PodSandboxMetrics]:
        from runtimes.oci.stats.metrics import list_pod_sandbox_metrics

        yield from list_pod_sandbox_metrics(self.engine)

    def list_images(self, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
        from runtimes.oci.image.list import list_images

        return list_images(self.engine.images, filter)

    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        from runtimes.oci.image.list import list_images

        yield from list_images(self.engine.images, filter)

    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        from runtimes.oci.image.status import image_status

        return image_status(self.engine.images, image, verbose=verbose)

    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        from runtimes.oci.image.pull import pull_image

        del sandbox_config
        return pull_image(self.engine.images, image, auth, options=self.engine.registries)

    def import_image(self, source: Path, name: str = "") -> list[str]:
        from runtimes.oci.image.import_ import import_image

        return import_image(self.engine.images, source, name)

    def remove_image(self, image: cri.ImageSpec) -> None:
        from runtimes.oci.image.remove import remove_image

        remove_image(self.engine.images, image)

    def image_fs_info(self) -> cri.ImageFsInfoResponse:
        from runtimes.oci.image.fs_info import image_fs_info

        return image_fs_info(self.engine.images, time.time_ns())


if TYPE_CHECKING:
    from runtimes.oci.options import OciOptions as _Options

    _service = OciService(_Options())
    _cri: services.CriService = _service
    _importer: services.ImageImporter = _service
    _waiter: services.ChangeWaiter = _service
    _streams: StreamingService = _service
