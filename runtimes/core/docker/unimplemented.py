"""A DockerInterface that refuses every call: what a new one starts from, one call at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.unimplemented import Unfinished

if TYPE_CHECKING:
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


class UnimplementedEngine(Unfinished):
    """Raises `Unimplemented` for every call; subclass it and override what works."""

    def list_containers(self, options: ListOptions) -> list[ContainerSummary]:
        raise self._refuse("list_containers")

    def inspect_container(self, container_id: str) -> ContainerInspect:
        raise self._refuse("inspect_container")

    def create_container(self, options: CreateOptions) -> CreateResponse:
        raise self._refuse("create_container")

    def start_container(self, container_id: str) -> None:
        raise self._refuse("start_container")

    def stop_container(self, container_id: str, timeout: int) -> None:
        raise self._refuse("stop_container")

    def remove_container(
        self, container_id: str, *, force: bool = False, volumes: bool = True
    ) -> None:
        raise self._refuse("remove_container")

    def logs(self, container_id: str, options: LogsOptions, streams: StreamOptions) -> None:
        raise self._refuse("logs")

    def attach_to_container(self, container_id: str, streams: StreamOptions) -> None:
        raise self._refuse("attach_to_container")

    def resize_container_tty(self, container_id: str, height: int, width: int) -> None:
        raise self._refuse("resize_container_tty")

    def inspect_image(self, image: str) -> ImageInspect:
        raise self._refuse("inspect_image")

    def list_images(self, options: ListOptions) -> list[ImageSummary]:
        raise self._refuse("list_images")

    def pull_image(self, image: str, auth: AuthConfig | None = None) -> None:
        raise self._refuse("pull_image")

    def remove_image(
        self, image: str, *, force: bool = False, prune: bool = True
    ) -> list[ImageDelete]:
        raise self._refuse("remove_image")

    def image_history(self, image: str) -> list[ImageHistory]:
        raise self._refuse("image_history")

    def create_exec(self, container_id: str, config: ExecConfig) -> str:
        raise self._refuse("create_exec")

    def start_exec(self, exec_id: str, streams: StreamOptions, *, detach: bool = False) -> None:
        raise self._refuse("start_exec")

    def inspect_exec(self, exec_id: str) -> ExecInspect:
        raise self._refuse("inspect_exec")

    def resize_exec_tty(self, exec_id: str, height: int, width: int) -> None:
        raise self._refuse("resize_exec_tty")

    def version(self) -> Version:
        raise self._refuse("version")

    def info(self) -> Info:
        raise self._refuse("info")


if TYPE_CHECKING:
    _: DockerInterface = UnimplementedEngine()
