"""DockerInterface on a Docker Engine: a table of contents, one entry per call.

The only module that imports docker-py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy import patience
from runtimes.docker_legacy.container import attach as container_attach
from runtimes.docker_legacy.container import create as container_create
from runtimes.docker_legacy.container import inspect as container_inspect
from runtimes.docker_legacy.container import list as container_list
from runtimes.docker_legacy.container import logs as container_logs
from runtimes.docker_legacy.container import remove as container_remove
from runtimes.docker_legacy.container import resize as container_resize
from runtimes.docker_legacy.container import start as container_start
from runtimes.docker_legacy.container import stop as container_stop
from runtimes.docker_legacy.container import update as container_update
from runtimes.docker_legacy.engine import Engine
from runtimes.docker_legacy.exec import create as exec_create
from runtimes.docker_legacy.exec import inspect as exec_inspect
from runtimes.docker_legacy.exec import resize as exec_resize
from runtimes.docker_legacy.exec import start as exec_start
from runtimes.docker_legacy.image import history as image_history
from runtimes.docker_legacy.image import inspect as image_inspect
from runtimes.docker_legacy.image import list as image_list
from runtimes.docker_legacy.image import load as image_load
from runtimes.docker_legacy.image import pull as image_pull
from runtimes.docker_legacy.image import remove as image_remove
from runtimes.docker_legacy.system import events as system_events
from runtimes.docker_legacy.system import info as system_info
from runtimes.docker_legacy.system import version as system_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from runtimes.core.docker.beyond import (
        DockerEvents,
        DockerHijack,
        DockerLoad,
        DockerUpdate,
        HijackedStream,
        Streams,
    )
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
        UpdateConfig,
        Version,
    )
    from runtimes.docker_legacy.endpoint import Endpoint
    from runtimes.docker_legacy.session import Session
    from runtimes.docker_legacy.system.events import Events

STUCK_AFTER = 60.0
_POOL = 64


class DockerClient:
    """Connects on the first call, and again after the Engine restarts. Thread-safe.

    Args:
        base_timeout: seconds that a short call gets when the caller sets no deadline.
        stuck_after: seconds after which a pull without any progress is given up.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        base_timeout: float = patience.KUBELET,
        stuck_after: float = STUCK_AFTER,
    ) -> None:
        self._engine = Engine(
            endpoint, _session(endpoint), base_timeout=base_timeout, stuck_after=stuck_after
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
        """End connections and the streams on them. Idempotent."""
        self._engine.close()

    # -- containers

    def list_containers(self, options: ListOptions) -> list[ContainerSummary]:
        return container_list.list_all(self._engine, options)

    def inspect_container(self, container_id: str) -> ContainerInspect:
        return container_inspect.inspect(self._engine, container_id)

    def create_container(self, options: CreateOptions) -> CreateResponse:
        return container_create.create(self._engine, options)

    def start_container(self, container_id: str) -> None:
        container_start.start(self._engine, container_id)

    def stop_container(self, container_id: str, timeout: int) -> None:
        container_stop.stop(self._engine, container_id, timeout)

    def remove_container(
        self, container_id: str, *, force: bool = False, volumes: bool = True
    ) -> None:
        container_remove.remove(self._engine, container_id, force=force, volumes=volumes)

    def logs(self, container_id: str, options: LogsOptions, streams: StreamOptions) -> None:
        container_logs.logs(self._engine, container_id, options, streams)

    def attach_to_container(self, container_id: str, streams: StreamOptions) -> None:
        container_attach.attach(self._engine, container_id, streams)

    def resize_container_tty(self, container_id: str, height: int, width: int) -> None:
        container_resize.resize(self._engine, container_id, height, width)

    # -- images

    def inspect_image(self, image: str) -> ImageInspect:
        return image_inspect.inspect(self._engine, image)

    def list_images(self, options: ListOptions) -> list[ImageSummary]:
        return image_list.list_all(self._engine, options)

    def pull_image(self, image: str, auth: AuthConfig | None = None) -> None:
        image_pull.pull(self._engine, image, auth)

    def remove_image(
        self, image: str, *, force: bool = False, prune: bool = True
    ) -> list[ImageDelete]:
        return image_remove.remove(self._engine, image, force=force, prune=prune)

    def image_history(self, image: str) -> list[ImageHistory]:
        return image_history.history(self._engine, image)

    # -- commands in containers

    def create_exec(self, container_id: str, config: ExecConfig) -> str:
        return exec_create.create(self._engine, container_id, config)

    def start_exec(self, exec_id: str, streams: StreamOptions, *, detach: bool = False) -> None:
        exec_start.start(self._engine, exec_id, streams, detach=detach)

    def inspect_exec(self, exec_id: str) -> ExecInspect:
        return exec_inspect.inspect(self._engine, exec_id)

    def resize_exec_tty(self, exec_id: str, height: int, width: int) -> None:
        exec_resize.resize(self._engine, exec_id, height, width)

    # -- the Engine itself

    def version(self) -> Version:
        return system_version.version(self._engine)

    def info(self) -> Info:
        return system_info.info(self._engine)

    # -- beyond DockerInterface

    def events(
        self, filters: Mapping[str, Sequence[str]] | None = None, since: float = 0.0
    ) -> Events:
        return system_events.events(self._engine, filters or {}, since)

    def update_container(self, container_id: str, resources: UpdateConfig) -> None:
        container_update.update(self._engine, container_id, resources)

    def load_image(self, archive: Path) -> None:
        image_load.load(self._engine, archive)

    def import_root(self, root: Path, name: str) -> None:
        image_load.import_root(self._engine, root, name)

    def tag_image(self, image: str, name: str) -> None:
        image_load.tag(self._engine, image, name)

    def hijack_exec(self, exec_id: str, *, tty: bool) -> HijackedStream | None:
        return exec_start.hijack(self._engine, exec_id, tty=tty)

    def hijack_attach(self, container_id: str, streams: Streams) -> HijackedStream | None:
        return container_attach.hijack(self._engine, container_id, streams)


def _session(endpoint: Endpoint) -> Session:
    """docker-py's client; it makes no call of its own."""
    import docker
    from docker.constants import MINIMUM_DOCKER_API_VERSION
    from docker.tls import TLSConfig

    files = endpoint.tls
    try:
        tls = files is not None and TLSConfig(
            client_cert=(str(files.cert), str(files.key)) if files.cert else None,
            ca_cert=str(files.ca) if files.ca else None,
            verify=True,
        )
        client = docker.APIClient(
            base_url=str(endpoint),
            version=MINIMUM_DOCKER_API_VERSION,
            tls=tls,
            max_pool_size=_POOL,
        )
    except docker.errors.DockerException as error:
        raise errors.InvalidArgument(
            f"prepare to call the Engine at {endpoint}: {error}"
        ) from error
    # Otherwise requests would send calls to the environment's proxies, and passwords of a netrc.
    client.trust_env = False
    return client


if TYPE_CHECKING:

    def _implements(client: DockerClient) -> DockerInterface:
        return client

    def _watches(client: DockerClient) -> DockerEvents:
        return client

    def _updates(client: DockerClient) -> DockerUpdate:
        return client

    def _loads(client: DockerClient) -> DockerLoad:
        return client

    def _hijacks(client: DockerClient) -> DockerHijack:
        return client
