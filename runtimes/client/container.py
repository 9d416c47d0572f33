"""A container of a pod."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtimes.client.log_lines import LogLine
    from runtimes.client.pod import Pod
    from runtimes.core.pod.status import ContainerStatus, ExecResult


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

    def logs(self, *, follow: bool = False, tail: int | None = None) -> Iterator[LogLine]:
        """Yield what it wrote; see `Pod.logs`."""
        return self.pod.logs(self.name, follow=follow, tail=tail)
