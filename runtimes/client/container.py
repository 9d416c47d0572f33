"""A container of a pod."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.client.log_lines import LogLine
    from runtimes.client.pod import Pod
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus, ExecResult
    from runtimes.core.streaming.session import Size, StreamSession


@dataclass(frozen=True, slots=True)
class Container:
    """One attempt of one container, as it was when asked for; `Pod.container` gives a newer look.

    Attributes:
        status: all that the backend told of it.
    """

    pod: Pod = field(repr=False)
    status: ContainerStatus

    @property
    def id(self) -> str:
        return self.status.id

    @property
    def name(self) -> str:
        return self.status.name

    @property
    def image(self) -> str:
        """The reference as the pod has it, or what it resolved to."""
        return self.status.image or self.status.image_ref

    @property
    def state(self) -> ContainerState:
        return self.status.state

    @property
    def running(self) -> bool:
        return self.status.state is ContainerState.RUNNING

    @property
    def exit_code(self) -> int | None:
        """None until it has ended."""
        return self.status.exit_code if self.state is ContainerState.EXITED else None

    def exec(self, cmd: Sequence[str], *, timeout: int = 0) -> ExecResult:
        """Run a command in it; `timeout` in seconds, 0 for none.

        A non-zero exit is an answer, not an error.

        Raises:
            FailedPrecondition: it doesn't run.
            DeadlineExceeded: the time is up; the command has been killed.
        """
        return self.pod.runtime.backend_runtime.exec(self.id, cmd, timeout)

    def open_exec(
        self,
        cmd: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
        size: Size | None = None,
    ) -> StreamSession:
        """Run a command in it with streams, to be closed by the caller; see `exchange`.

        `size` is the tty's from the beginning; `resize` tells of later ones.

        Raises:
            FailedPrecondition: it doesn't run.
            InvalidArgument: there is no such program (some backends tell only in `wait`).
            Unimplemented: the backend has no such streams.
        """
        runtime = self.pod.runtime.backend_runtime
        return runtime.open_exec(self.id, cmd, tty=tty, stdin=stdin, size=size)

    def attach(self, *, stdin: bool = False, tty: bool | None = None) -> StreamSession:
        """Connect to its main process; output from now on; closing leaves it running.

        Args:
            stdin: send input too; it reaches the process only if its pod asked for `stdin`.
            tty: whether it has one; by default as its pod says.

        Raises:
            FailedPrecondition: it doesn't run.
            Unimplemented: the backend has no such streams.
        """
        chosen = self.has_tty if tty is None else tty
        return self.pod.runtime.backend_runtime.open_attach(self.id, tty=chosen, stdin=stdin)

    @property
    def has_tty(self) -> bool:
        """Whether its pod asked for a terminal."""
        return bool(self._described and self._described.tty)

    @property
    def has_stdin(self) -> bool:
        """Whether its pod asked for an input that can be attached to."""
        return bool(self._described and self._described.stdin)

    @property
    def _described(self) -> v1.Container | v1.EphemeralContainer | None:
        spec = self.pod.manifest.spec
        every: tuple[v1.Container | v1.EphemeralContainer, ...] = (
            *spec.init_containers,
            *spec.containers,
            *spec.ephemeral_containers,
        )
        return next((one for one in every if one.name == self.name), None)

    def copy_to(self, source: Path | str, target: str) -> None:
        """Copy a file or folder of this host into it, as `cp -r` would; modes are kept.

        It must have `tar`. An existing folder as `target` gets the source inside.

        Raises:
            NotFound: there is no such source, or no such folder to copy into.
            FailedPrecondition: it doesn't run, or has no tar.
        """
        from runtimes.client.copy.to_container import copy_to

        copy_to(self, Path(source), target)

    def copy_from(self, source: str, target: Path | str) -> list[str]:
        """Copy a file or folder out of it, as `cp -r` would; modes are kept, owners aren't.

        It must have `tar`. What it sends is not trusted: nothing is written outside `target`.

        Returns the names that were left out: devices, pipes, and links that lead out of the copy.

        Raises:
            NotFound: there is no such source.
            FailedPrecondition: it doesn't run, or has no tar.
            PermissionDenied: what it sent tries to leave the target.
        """
        from runtimes.client.copy.from_container import copy_from

        return copy_from(self, source, Path(target))

    def logs(self, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        """Yield what it wrote; see `Pod.logs`."""
        return self.pod.logs(self.name, follow=follow, tail=tail)
