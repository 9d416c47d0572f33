"""The in-memory DockerInterface: a table of contents, one entry per call."""

from __future__ import annotations

import secrets
from collections import deque
from typing import TYPE_CHECKING

from runtimes.contract.fake.clock import WallClock
from runtimes.contract.fake.docker import containers, describe, execs, images
from runtimes.contract.fake.docker.programs import PROGRAMS
from runtimes.contract.fake.docker.world import World
from runtimes.contract.fake.images import default_registry
from runtimes.contract.fake.rpc import RecordedCall, Script, rpc

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from runtimes.contract.fake.clock import Clock
    from runtimes.contract.fake.images import FakeImage
    from runtimes.contract.fake.shell.machine import Program
    from runtimes.core.docker.interface import (
        CreateOptions,
        DockerInterface,
        ListOptions,
        LogsOptions,
        StreamOptions,
    )
    from runtimes.core.docker.types import (
        AuthConfig,
        ContainerInspect,
        ContainerSummary,
        CreateResponse,
        ExecConfig,
        ExecInspect,
        ImageDelete,
        ImageHistory,
        ImageInspect,
        ImageSummary,
        Info,
        Version,
    )


class FakeDocker:
    """Containers that exist in this object only; scripts run in virtual time.

    Args:
        clock: a `ManualClock` makes sleeping containers cost nothing.
        registry: what `pull_image` finds, by complete reference; by default busybox.
        programs: further programs of every image, by name or absolute path.
        ids: makes ids; by default 64 random hex digits.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        registry: dict[str, FakeImage] | None = None,
        programs: dict[str, Program] | None = None,
        ids: Callable[[], str] | None = None,
    ) -> None:
        self.script = Script()
        self._world = World(
            clock or WallClock(),
            ids or (lambda: secrets.token_hex(32)),
            default_registry() if registry is None else registry,
            set(),
            {**PROGRAMS, **(programs or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._world.closed = True

    @property
    def calls(self) -> list[RecordedCall]:
        """Every call so far, oldest first, e.g. ``CreateContainer``."""
        return self.script.calls

    @property
    def registry(self) -> dict[str, FakeImage]:
        """What can be pulled now; change it freely."""
        return self._world.registry

    @property
    def unreachable(self) -> set[str]:
        """Registries, host and port, that don't answer; change it freely."""
        return self._world.unreachable

    def fail_next(self, call: str, error: BaseException, times: int = 1) -> None:
        """Make the next `times` calls of `call`, e.g. ``CreateContainer``, raise `error`."""
        self.script.failures.setdefault(call, deque()).extend([error] * times)

    # -- containers

    @rpc("ListContainers")
    def list_containers(self, options: ListOptions) -> list[ContainerSummary]:
        with self._world.entered() as world:
            return containers.listing(world, options)

    @rpc("InspectContainer")
    def inspect_container(self, container_id: str) -> ContainerInspect:
        with self._world.entered() as world:
            return describe.inspected(world.container(container_id))

    @rpc("CreateContainer")
    def create_container(self, options: CreateOptions) -> CreateResponse:
        with self._world.entered() as world:
            return {"Id": containers.create(world, options), "Warnings": []}

    @rpc("StartContainer")
    def start_container(self, container_id: str) -> None:
        with self._world.entered() as world:
            containers.start(world, world.container(container_id))

    @rpc("StopContainer")
    def stop_container(self, container_id: str, timeout: int) -> None:
        containers.stop(self._world, container_id, timeout)

    @rpc("RemoveContainer")
    def remove_container(
        self, container_id: str, *, force: bool = False, volumes: bool = True
    ) -> None:
        del volumes  # It has none of its own.
        with self._world.entered() as world:
            containers.remove(world, world.container(container_id), force=force)

    @rpc("Logs")
    def logs(self, container_id: str, options: LogsOptions, streams: StreamOptions) -> None:
        containers.logs(self._world, container_id, options, streams)

    @rpc("AttachToContainer")
    def attach_to_container(self, container_id: str, streams: StreamOptions) -> None:
        containers.attach(self._world, container_id, streams)

    @rpc("ResizeContainerTTY")
    def resize_container_tty(self, container_id: str, height: int, width: int) -> None:
        with self._world.entered() as world:
            containers.resize(world.container(container_id), height, width)

    # -- images

    @rpc("InspectImage")
    def inspect_image(self, image: str) -> ImageInspect:
        with self._world.entered() as world:
            return describe.image_inspected(images.find(world, image))

    @rpc("ListImages")
    def list_images(self, options: ListOptions) -> list[ImageSummary]:
        with self._world.entered() as world:
            return images.listing(world, options)

    @rpc("PullImage")
    def pull_image(self, image: str, auth: AuthConfig | None = None) -> None:
        with self._world.entered() as world:
            images.pull(world, image, auth)

    @rpc("RemoveImage")
    def remove_image(
        self, image: str, *, force: bool = False, prune: bool = True
    ) -> list[ImageDelete]:
        del prune  # It has one layer.
        with self._world.entered() as world:
            return images.remove(world, image, force=force)

    @rpc("ImageHistory")
    def image_history(self, image: str) -> list[ImageHistory]:
        with self._world.entered() as world:
            return describe.history(images.find(world, image))

    # -- commands in containers

    @rpc("CreateExec")
    def create_exec(self, container_id: str, config: ExecConfig) -> str:
        with self._world.entered() as world:
            return execs.create(world, world.container(container_id), config)

    @rpc("StartExec")
    def start_exec(self, exec_id: str, streams: StreamOptions, *, detach: bool = False) -> None:
        execs.start(self._world, exec_id, streams, detach=detach)

    @rpc("InspectExec")
    def inspect_exec(self, exec_id: str) -> ExecInspect:
        with self._world.entered() as world:
            return describe.exec_inspected(world.exec(exec_id))

    @rpc("ResizeExecTTY")
    def resize_exec_tty(self, exec_id: str, height: int, width: int) -> None:
        with self._world.entered() as world:
            execs.resize(world.exec(exec_id), height, width)

    # -- the Engine itself

    @rpc("Version")
    def version(self) -> Version:
        return describe.version()

    @rpc("Info")
    def info(self) -> Info:
        return describe.info()


if TYPE_CHECKING:

    def _implements(fake: FakeDocker) -> DockerInterface:
        return fake
