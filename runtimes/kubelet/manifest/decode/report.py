"""Collects what is wrong with one document, with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.errors import Mistake
from runtimes.kubelet.manifest.problem import Path, Problem, show
from runtimes.kubelet.manifest.tree.nodes import Document, Node, locate

if TYPE_CHECKING:
    from collections.abc import Iterable


class Report:
    """Mistakes of one document of `file`."""

    def __init__(self, file: str, document: Document) -> None:
        self.mistakes: list[Mistake] = []
        self._file = file
        self._document = document
        self._told: set[Path] = set()

    def add(self, path: Path, message: str, at: Node | None = None) -> None:
        """Tell a problem at a node, by default at the value of `path` or what is nearest to it."""
        self.mistakes.append(self._mistake(Problem(path, message), at))
        self._told.add(path)

    def expect(self, path: Path) -> None:
        """Say nothing more of `path`: another mistake explains what is wrong with it."""
        self._told.add(path)

    def add_new(self, prefix: Path, problems: Iterable[Problem]) -> None:
        """Tell those problems, of the object at `prefix`, that no earlier mistake explains."""
        told = frozenset(self._told)
        for path, message in problems:
            whole = prefix + path
            if not any(whole[:length] in told for length in range(len(whole) + 1)):
                self.add(whole, message)

    def new(self, prefix: Path, problems: Iterable[Problem]) -> list[Mistake]:
        """Make mistakes of problems, without adding them, but for those with a mistake already."""
        placed = [Problem(prefix + path, message) for path, message in problems]
        return [self._mistake(one) for one in placed if one.path not in self._told]

    def _mistake(self, problem: Problem, at: Node | None = None) -> Mistake:
        node = at or locate(self._document.root, problem.path)
        return Mistake(
            file=self._file,
            document=self._document.number,
            line=node.line,
            column=node.column,
            path=show(problem.path),
            message=problem.message,
        )
