"""DockerInterface: the twenty calls that the first kubelets made of a Docker Engine.

Whoever offers them can stand where the Engine stood: a client of docker-py, a fake, Podman's
compatible socket. Answers are the Engine API's own JSON; errors are ours.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker.go (DockerInterface).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import BinaryIO, Self

    from runtimes.core.docker.types import (
        AuthConfig,
        ContainerConfig,
        ContainerInspect,
        ContainerSummary,
        CreateResponse,
        ExecConfig,
        ExecInspect,
        HostConfig,
        ImageDelete,
        ImageHistory,
        ImageInspect,
        ImageSummary,
        Info,
        Version,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOptions:
    """A container to create.

    Attributes:
        name: unique in the Engine, which is what makes creation idempotent.
    """

    name: str
    config: ContainerConfig
    host_config: HostConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsOptions:
    """What to read of a container's log.

    Attributes:
        since: seconds since the epoch, with a fraction; 0 for everything.
        tail: number of last lines, None for all.
    """

    stdout: bool = True
    stderr: bool = True
    since: float = 0.0
    timestamps: bool = False
    follow: bool = False
    tail: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """Where a hijacked connection's bytes come from and go to; all three are left open.

    The Engine frames stdout and stderr by 8-byte headers (stream, three zeros, big-endian length),
    unless there is a tty: then everything is output.

    Attributes:
        raw_terminal: there is a tty, hence no frames.
        input: read until its end, after which the connection's writing half is closed.
    """

    raw_terminal: bool = False
    input: BinaryIO | None = None
    output: BinaryIO | None = None
    error: BinaryIO | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """Which containers or images; `filters` as the Engine has them, e.g. ``label: [key=value]``."""

    all: bool = False
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)


class DockerContainers(Protocol):
    def list_containers(self, options: ListOptions) -> list[ContainerSummary]:
        """List running containers, or with `options.all` every one; newest first."""
        ...

    def inspect_container(self, container_id: str) -> ContainerInspect:
        """Describe a container, found by id, unique prefix or name.

        Raises:
            NotFound: no such container.
        """
        ...

    def create_container(self, options: CreateOptions) -> CreateResponse:
        """Create a container; a `ShmSize` that isn't set becomes 64 MiB.

        Raises:
            AlreadyExists: the name is taken; the message has the id of who has it.
            ImageNotFound: the image isn't here.
            InvalidArgument: the Engine refuses the configuration.
        """
        ...

    def start_container(self, container_id: str) -> None:
        """Start a container; one that runs already is fine.

        Raises:
            NotFound: no such container.
            InvalidArgument: its program isn't there or can't be executed.
        """
        ...

    def stop_container(self, container_id: str, timeout: int) -> None:
        """Send the stop signal, and kill after `timeout` seconds; one that has ended is fine.

        The call's own patience is never shorter than `timeout`.

        Raises:
            NotFound: no such container.
        """
        ...

    def remove_container(
        self, container_id: str, *, force: bool = False, volumes: bool = True
    ) -> None:
        """Remove a container, with `force` also a running one, and its anonymous volumes.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it runs, and `force` isn't set.
        """
        ...

    def logs(self, container_id: str, options: LogsOptions, streams: StreamOptions) -> None:
        """Write the log to `streams`, until its end, or with `follow` until the container's.

        Raises:
            NotFound: no such container.
        """
        ...

    def attach_to_container(self, container_id: str, streams: StreamOptions) -> None:
        """Connect `streams` to the main process until it ends; those left None aren't attached.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it doesn't run.
        """
        ...

    def resize_container_tty(self, container_id: str, height: int, width: int) -> None:
        """Set the size of a running container's tty, in characters.

        Raises:
            NotFound: no such container.
        """
        ...


class DockerImages(Protocol):
    def inspect_image(self, image: str) -> ImageInspect:
        """Describe an image that answers to the reference or id, tag and digest included.

        Raises:
            ImageNotFound: none does.
        """
        ...

    def list_images(self, options: ListOptions) -> list[ImageSummary]:
        """List images, with `options.all` intermediate ones too."""
        ...

    def pull_image(self, image: str, auth: AuthConfig | None = None) -> None:
        """Pull an image, until it's here; progress goes to `runtimes.core.progress`.

        No deadline but the caller's; a pull that says nothing for a minute is given up.

        Raises:
            ImageNotFound: the registry has no such image.
            Unauthenticated: it wants (other) credentials.
            RegistryUnavailable: it can't be reached, or answers 5xx.
            DeadlineExceeded: it was stuck.
        """
        ...

    def remove_image(
        self, image: str, *, force: bool = False, prune: bool = True
    ) -> list[ImageDelete]:
        """Take off a tag, or remove an image, and with `prune` its untagged parents.

        Raises:
            ImageNotFound: no such image.
            FailedPrecondition: a container uses it, or it has several tags, without `force`.
        """
        ...

    def image_history(self, image: str) -> list[ImageHistory]:
        """List the steps that made an image, newest first.

        Raises:
            ImageNotFound: no such image.
        """
        ...


class DockerExec(Protocol):
    def create_exec(self, container_id: str, config: ExecConfig) -> str:
        """Prepare a command in a running container; return the id to start it by.

        Raises:
            NotFound: no such container.
            FailedPrecondition: it doesn't run.
        """
        ...

    def start_exec(self, exec_id: str, streams: StreamOptions, *, detach: bool = False) -> None:
        """Start a prepared command and connect `streams` until it ends, or with `detach` return.

        Raises:
            NotFound: no such exec.
            FailedPrecondition: its container has ended.
        """
        ...

    def inspect_exec(self, exec_id: str) -> ExecInspect:
        """Tell whether a command runs, or how it ended.

        Raises:
            NotFound: no such exec.
        """
        ...

    def resize_exec_tty(self, exec_id: str, height: int, width: int) -> None:
        """Set the size of a running command's tty, in characters.

        Raises:
            NotFound: no such exec.
        """
        ...


class DockerSystem(Protocol):
    def version(self) -> Version:
        """Tell the Engine's version, and that of its API as it is spoken with it."""
        ...

    def info(self) -> Info:
        """Tell how the Engine is set up: storage, logging, cgroups."""
        ...


class DockerInterface(DockerContainers, DockerImages, DockerExec, DockerSystem, Protocol):
    """What a backend of group `runtimes.docker` opens: blocking, thread-safe, closed by leaving it.

    Each call is bounded by the caller's deadline (`runtimes.core.deadline`), else by two minutes;
    pulls, logs, attached streams and resizes have no bound of their own. Every call may raise
    `Unavailable` (the Engine can't be reached), `DeadlineExceeded` and `Internal`; only further
    errors are listed.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def close(self) -> None:
        """Release connections; containers go on. Idempotent."""
        ...
