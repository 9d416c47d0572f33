"""What `load` says of a manifest that it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.errors import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to correct.

    Attributes:
        file: as it was named to `load`; empty for a pod that was built in Python.
        document: counted from 1 within the file.
        line: counted from 1; 0 when there is no text to point at.
        column: counted from 1, in characters.
        path: of the field, e.g. ``spec.containers[0].image``; empty for the whole document.
        message: what is wrong and what would be right.
    """

    file: str
    document: int
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        """Write ``file:line:column: path: message``, as compilers do."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class InvalidManifest(InvalidArgument):
    """A manifest can't be used; `mistakes` lists all that is wrong, in the text's order."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))
