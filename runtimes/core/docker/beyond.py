"""Calls of an Engine beyond DockerInterface's twenty, each optional: ask with `isinstance`.

dockertools never made them; dockershim and its users do, where the Engine has them.

Source: kubelet 1.22 dockershim/libdocker/client.go; Docker Engine API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from runtimes.core.docker.types import Event, UpdateConfig
    from runtimes.core.streaming.session import Size


class EventStream(Protocol):
    """Events as they come, for one thread; `close` ends it from any."""

    def __iter__(self) -> Iterator[Event]: ...

    def __next__(self) -> Event:
        """The next event; ends when this was closed.

        Raises:
            Unavailable: the Engine went away.
            DeadlineExceeded: the caller's time is up.
        """
        ...

    def close(self) -> None:
        """End it, also for another thread that waits in it. Idempotent."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


@runtime_checkable
class DockerEvents(Protocol):
    def events(
        self, filters: Mapping[str, Sequence[str]] | None = None, since: float = 0.0
    ) -> EventStream:
        """Watch what happens, from now on or from `since` (seconds since the epoch).

        Once this has returned, no later event is missed.
        """
        ...


@runtime_checkable
class DockerUpdate(Protocol):
    def update_container(self, container_id: str, resources: UpdateConfig) -> None:
        """Change a container's limits; what isn't named stays as it is.

        Raises:
            NotFound: no such container.
            InvalidArgument: the Engine or the kernel refuses a value; nothing was changed.
        """
        ...


@runtime_checkable
class DockerLoad(Protocol):
    """Takes images from files on this host."""

    def load_image(self, archive: Path) -> None:
        """Take what `docker save` wrote, with its names; again is harmless.

        Raises:
            InvalidArgument: the Engine can't read it.
        """
        ...

    def import_root(self, root: Path, name: str) -> None:
        """Make an image of a tar of a root file system.

        Raises:
            InvalidArgument: the Engine can't read it.
        """
        ...

    def tag_image(self, image: str, name: str) -> None:
        """Give an image one more name, which another may lose by that. Idempotent.

        Raises:
            ImageNotFound: no such image.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Which streams of a process are wanted; with a `tty`, stderr comes with stdout.

    Attributes:
        size: of the tty from the beginning, where the Engine can (API 1.42); soon after, elsewhere.
    """

    tty: bool = False
    stdin: bool = False
    stdout: bool = True
    stderr: bool = True
    size: Size | None = None


class HijackedStream(Protocol):
    """A connection that has become a process's streams, as what a kernel polls.

    Everything that is read from it belongs to the output: the Engine's frames, or with a tty the
    output itself.
    """

    @property
    def fd(self) -> int:
        """A blocking socket's; close the stream, not the descriptor."""
        ...

    def finish_sending(self) -> None:
        """Close the writing half. Idempotent."""
        ...

    def close(self) -> None:
        """Idempotent."""
        ...


@runtime_checkable
class DockerHijack(Protocol):
    """Hands out hijacked connections, so that no thread has to pump them.

    Both answer None, and have done nothing, where a connection can't be handed out (TLS).
    """

    def hijack_exec(self, exec_id: str, *, tty: bool) -> HijackedStream | None:
        """As `start_exec`, without waiting for the end."""
        ...

    def hijack_attach(self, container_id: str, streams: Streams) -> HijackedStream | None:
        """As `attach_to_container`, without waiting for the end."""
        ...
