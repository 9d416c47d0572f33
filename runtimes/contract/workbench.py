"""What every profile's workbench is: what a test makes at it goes when the test ends."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self


@dataclass(slots=True)
class Workbench:
    """One per test, entered by its fixture."""

    _undo: ExitStack = field(default_factory=ExitStack, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._undo.__exit__(exc_type, exc, traceback)

    def cleanup(self, undo: Callable[[], object]) -> None:
        """Do this after the test, the last one first."""
        self._undo.callback(undo)
