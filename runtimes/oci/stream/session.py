"""`StreamSession` of this backend: its ends, and how to resize, wait and let go."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from runtimes.core.streaming import session
    from runtimes.oci.stream.ends import AttachedOutlet, PipeInlet, PlainOutlet, TerminalInlet


class Subject(Protocol):
    """The process behind a session."""

    def resize(self, width: int, height: int) -> None: ...

    def wait(self, timeout: float | None) -> int: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Session:
    """Implements `StreamSession`."""

    subject: Subject
    stdin: PipeInlet | TerminalInlet | None
    outputs: tuple[PlainOutlet | AttachedOutlet, ...]
    _closing: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        for end in (self.subject, self.stdin, *self.outputs):
            if end is not None:
                self._closing.callback(end.close)

    def resize(self, width: int, height: int) -> None:
        self.subject.resize(width, height)

    def wait(self, timeout: float | None = None) -> int:
        return self.subject.wait(timeout)

    def close(self) -> None:
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


if TYPE_CHECKING:

    def _conforms(made: Session) -> session.StreamSession:
        return made
