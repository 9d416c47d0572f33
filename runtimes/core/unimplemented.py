"""What refuses every call, whatever the contract: a backend is written from it, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class Unfinished:
    """Subclass what refuses the calls of a contract, and override what works.

    Forward compatible: a call added to the contract later is refused instead of missing.
    """

    name = "this backend"

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
        """Release nothing: there is nothing yet."""

    def _refuse(self, call: str) -> errors.Unimplemented:
        return errors.Unimplemented(f"{self.name} does not implement {call}")
