"""A YAML document as written: nothing resolved, every value with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.kubelet.manifest.problem import Path


@dataclass(slots=True)
class Scalar:
    """Text of the document.

    Attributes:
        line: counted from 1, as is `column`.
        tag: the core schema's short name (``str``, ``int``...) when written; else empty.
        plain: without quotes, so that its text decides what it is.
    """

    line: int
    column: int
    text: str
    tag: str = ""
    plain: bool = True


@dataclass(slots=True)
class Sequence:
    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """Entries in the text's order, a key that is given twice also twice."""

    line: int
    column: int
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)

    def get(self, name: str) -> Node | None:
        return next((value for key, value in self.entries if key.text == name), None)


Node = Scalar | Sequence | Mapping


@dataclass(slots=True)
class Document:
    """One document of a stream; `number` counts from 1, empty documents too."""

    number: int
    root: Node


def locate(root: Node, path: Path) -> Node:
    """Find the value at `path`, or the innermost one that is there."""
    node = root
    for step in path:
        found = _child(node, step)
        if found is None:
            break
        node = found
    return node


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(step, int):
        inside = isinstance(node, Sequence) and step < len(node.items)
        return node.items[step] if isinstance(node, Sequence) and inside else None
    return node.get(step) if isinstance(node, Mapping) else None
