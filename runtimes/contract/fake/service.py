"""The in-memory CRI service: a table of contents, one entry per RPC it has."""

from __future__ import annotations

import secrets
from collections import deque
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from runtimes.contract.fake import archive, containers, images, pulls, sandboxes, stats
from runtimes.contract.fake.clock import WallClock
from runtimes.contract.fake.programs import PROGRAMS
from runtimes.contract.fake.rpc import RecordedCall, Script, rpc
from runtimes.contract.fake.state import StateFile
from runtimes.contract.fake.world import World
from runtimes.core import deadline
from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from runtimes.contract.fake.clock import Clock
    from runtimes.contract.fake.images import FakeImage
    from runtimes.contract.fake.shell.machine import Program
    from runtimes.core.cri.services import CriService

EVENT_POLL = 0.02


class FakeCri(UnimplementedService):
    """Sandboxes and containers that exist in this object only; scripts run in virtual time.

    Args:
        clock: a `ManualClock` makes sleeping containers cost nothing.
        registry: what `pull_image` finds, by complete reference; by default busybox.
        programs: further programs of every image, by name or absolute path.
        state: a JSON file that carries everything over to other processes.
        ids: makes ids; by default 64 random hex digits.
    """

    name = "fake"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        registry: dict[str, FakeImage] | None = None,
        programs: dict[str, Program] | None = None,
        state: Path | None = None,
        ids: Callable[[], str] | None = None,
    ) -> None:
        self.script = Script()
        self._world = World(
            clock or WallClock(),
            ids or (lambda: secrets.token_hex(32)),
            images.default_registry() if registry is None else registry,
            {**PROGRAMS, **(programs or {})},
            StateFile(state) if state else None,
        )
        self._world.describe = self._describe_event

    @property
    def calls(self) -> list[RecordedCall]:
        """Every RPC so far, oldest first."""
        return self.script.calls

    @property
    def registry(self) -> dict[str, FakeImage]:
        """What can be pulled now; change it freely."""
        return self._world.registry

    def fail_next(self, rpc: str, error: BaseException, times: int = 1) -> None:
        """Make the next `times` calls of `rpc`, e.g. ``RunPodSandbox``, raise `error`."""
        self.script.failures.setdefault(rpc, deque()).extend([error] * times)

    def close(self) -> None:
        self._world.close()

    # -- runtime

    @rpc("Version")
    def version(self, api_version: str = "") -> cri.VersionResponse:
        return cri.VersionResponse(
            version=api_version or "0.1.0",
            runtime_name="fake",
            runtime_version="0.1.0",
            runtime_api_version="v1",
        )

    @rpc("Status")
    def status(self, *, verbose: bool = False) -> cri.StatusResponse:
        conditions = [
            cri.RuntimeCondition(type=name, status=True)
            for name in ("RuntimeReady", "NetworkReady")
        ]
        return cri.StatusResponse(
            status=cri.RuntimeStatus(conditions=conditions),
            info={"config": f'{{"pod_cidr": "{self._world.pod_cidr}"}}'} if verbose else {},
            runtime_handlers=[cri.RuntimeHandler(name=name) for name in sandboxes.HANDLERS],
        )

    @rpc("UpdateRuntimeConfig")
    def update_runtime_config(self, runtime_config: cri.RuntimeConfig) -> None:
        with self._world.entered() as world:
            world.pod_cidr = runtime_config.network_config.pod_cidr or world.pod_cidr

    @rpc("RuntimeConfig")
    def runtime_config(self) -> cri.RuntimeConfigResponse:
        return cri.RuntimeConfigResponse(
            linux=cri.LinuxRuntimeConfiguration(cgroup_driver=cri.CGROUPFS)
        )

    @rpc("GetContainerEvents")
    def get_container_events(self) -> Iterator[cri.ContainerEventResponse]:
        queue: SimpleQueue[cri.ContainerEventResponse] = SimpleQueue()
        self._world.subscribers.append(queue)
        return self._events(queue)

    # -- sandboxes

    @rpc("RunPodSandbox")
    def run_pod_sandbox(self, config: cri.PodSandboxConfig, runtime_handler: str = "") -> str:
        with self._world.entered() as world:
            return sandboxes.run(world, config, runtime_handler)

    @rpc("StopPodSandbox")
    def stop_pod_sandbox(self, pod_sandbox_id: str) -> None:
        with self._world.entered() as world:
            sandboxes.stop(world, pod_sandbox_id)

    @rpc("RemovePodSandbox")
    def remove_pod_sandbox(self, pod_sandbox_id: str) -> None:
        with self._world.entered() as world:
            sandboxes.remove(world, pod_sandbox_id)

    @rpc("PodSandboxStatus")
    def pod_sandbox_status(
        self, pod_sandbox_id: str, *, verbose: bool = False
    ) -> cri.PodSandboxStatusResponse:
        with self._world.entered() as world:
            return sandboxes.status(world, pod_sandbox_id, verbose=verbose)

    @rpc("ListPodSandbox")
    def list_pod_sandbox(self, filter: cri.PodSandboxFilter | None = None) -> list[cri.PodSandbox]:
        with self._world.entered() as world:
            return sandboxes.listing(world, filter)

    @rpc("StreamPodSandboxes")
    def stream_pod_sandboxes(
        self, filter: cri.PodSandboxFilter | None = None
    ) -> Iterator[cri.PodSandbox]:
        with self._world.entered() as world:
            return iter(sandboxes.listing(world, filter))

    @rpc("UpdatePodSandboxResources")
    def update_pod_sandbox_resources(
        self,
        pod_sandbox_id: str,
        *,
        overhead: cri.LinuxContainerResources | None = None,
        resources: cri.LinuxContainerResources | None = None,
    ) -> None:
        del overhead
        with self._world.entered() as world:
            sandboxes.update(world, pod_sandbox_id, resources)

    # -- containers

    @rpc("CreateContainer")
    def create_container(
        self,
        pod_sandbox_id: str,
        config: cri.ContainerConfig,
        sandbox_config: cri.PodSandboxConfig,
    ) -> str:
        del sandbox_config
        with self._world.entered() as world:
            return containers.create(world, pod_sandbox_id, config)

    @rpc("StartContainer")
    def start_container(self, container_id: str) -> None:
        with self._world.entered() as world:
            containers.start(world, container_id)

    @rpc("StopContainer")
    def stop_container(self, container_id: str, timeout: int) -> None:
        containers.stop(self._world, container_id, timeout)

    @rpc("RemoveContainer")
    def remove_container(self, container_id: str) -> None:
        with self._world.entered() as world:
            containers.remove(world, container_id)

    @rpc("ListContainers")
    def list_containers(self, filter: cri.ContainerFilter | None = None) -> list[cri.Container]:
        with self._world.entered() as world:
            return containers.listing(world, filter)

    @rpc("StreamContainers")
    def stream_containers(
        self, filter: cri.ContainerFilter | None = None
    ) -> Iterator[cri.Container]:
        with self._world.entered() as world:
            return iter(containers.listing(world, filter))

    @rpc("ContainerStatus")
    def container_status(
        self, container_id: str, *, verbose: bool = False
    ) -> cri.ContainerStatusResponse:
        with self._world.entered() as world:
            return containers.status(world, container_id, verbose=verbose)

    @rpc("UpdateContainerResources")
    def update_container_resources(
        self,
        container_id: str,
        linux: cri.LinuxContainerResources,
        annotations: dict[str, str] | None = None,
    ) -> None:
        del annotations
        with self._world.entered() as world:
            containers.update(world, container_id, linux)

    @rpc("ReopenContainerLog")
    def reopen_container_log(self, container_id: str) -> None:
        with self._world.entered() as world:
            containers.reopen_log(world, container_id)

    @rpc("ExecSync")
    def exec_sync(
        self, container_id: str, cmd: Sequence[str], timeout: int
    ) -> cri.ExecSyncResponse:
        return containers.exec_sync(self._world, container_id, cmd, timeout)

    # -- stats

    @rpc("ContainerStats")
    def container_stats(self, container_id: str) -> cri.ContainerStats:
        with self._world.entered() as world:
            return stats.container(world, container_id)

    @rpc("ListContainerStats")
    def list_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> list[cri.ContainerStats]:
        with self._world.entered() as world:
            return stats.containers(world, filter)

    @rpc("StreamContainerStats")
    def stream_container_stats(
        self, filter: cri.ContainerStatsFilter | None = None
    ) -> Iterator[cri.ContainerStats]:
        with self._world.entered() as world:
            return iter(stats.containers(world, filter))

    @rpc("PodSandboxStats")
    def pod_sandbox_stats(self, pod_sandbox_id: str) -> cri.PodSandboxStats:
        with self._world.entered() as world:
            return stats.sandbox(world, pod_sandbox_id)

    @rpc("ListPodSandboxStats")
    def list_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> list[cri.PodSandboxStats]:
        with self._world.entered() as world:
            return stats.sandboxes(world, filter)

    @rpc("StreamPodSandboxStats")
    def stream_pod_sandbox_stats(
        self, filter: cri.PodSandboxStatsFilter | None = None
    ) -> Iterator[cri.PodSandboxStats]:
        with self._world.entered() as world:
            return iter(stats.sandboxes(world, filter))

    @rpc("ListMetricDescriptors")
    def list_metric_descriptors(self) -> list[cri.MetricDescriptor]:
        return stats.descriptors()

    @rpc("ListPodSandboxMetrics")
    def list_pod_sandbox_metrics(self) -> list[cri.PodSandboxMetrics]:
        with self._world.entered() as world:
            return stats.metrics(world)

    @rpc("StreamPodSandboxMetrics")
    def stream_pod_sandbox_metrics(self) -> Iterator[cri.PodSandboxMetrics]:
        with self._world.entered() as world:
            return iter(stats.metrics(world))

    # -- images

    @rpc("ListImages")
    def list_images(self, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
        with self._world.entered() as world:
            return pulls.listing(world, filter)

    @rpc("StreamImages")
    def stream_images(self, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
        with self._world.entered() as world:
            return iter(pulls.listing(world, filter))

    @rpc("ImageStatus")
    def image_status(
        self, image: cri.ImageSpec, *, verbose: bool = False
    ) -> cri.ImageStatusResponse:
        with self._world.entered() as world:
            return pulls.status(world, image, verbose=verbose)

    @rpc("PullImage")
    def pull_image(
        self,
        image: cri.ImageSpec,
        auth: cri.AuthConfig | None = None,
        sandbox_config: cri.PodSandboxConfig | None = None,
    ) -> str:
        del auth, sandbox_config
        with self._world.entered() as world:
            return pulls.pull(world, image)

    @rpc("RemoveImage")
    def remove_image(self, image: cri.ImageSpec) -> None:
        with self._world.entered() as world:
            pulls.remove(world, image)

    @rpc("ImageFsInfo")
    def image_fs_info(self) -> cri.ImageFsInfoResponse:
        with self._world.entered() as world:
            return pulls.fs_info(world)

    def import_image(self, source: Path, name: str = "") -> list[str]:
        """As `runtimes.core.cri.services.ImageImporter.import_image`."""
        self.script.enter("import_image", (source, name))
        loaded = archive.read(source, name)
        with self._world.entered() as world:
            for reference, image in loaded.items():
                images.add(world.images, reference, image)
        return list(loaded)

    def _describe_event(self, event: cri.ContainerEventResponse) -> None:
        world = self._world
        container = world.containers.get(event.container_id)
        sandbox_id = container.sandbox_id if container else event.container_id
        answer = sandboxes.status(world, sandbox_id, verbose=False)
        event.pod_sandbox_status.CopyFrom(answer.status)
        event.containers_statuses.extend(answer.containers_statuses)

    def _events(
        self, queue: SimpleQueue[cri.ContainerEventResponse]
    ) -> Iterator[cri.ContainerEventResponse]:
        try:
            while not self._world.closed:
                deadline.check("wait for an event of the fake")
                with self._world.entered():
                    pass
                try:
                    yield queue.get(timeout=EVENT_POLL)
                except Empty:
                    continue
        finally:
            self._world.subscribers.remove(queue)


if TYPE_CHECKING:
    _: CriService = FakeCri()
