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
    """Find the text that a person would look for: of the value at `path`, or of what is nearest.

    That is the key of a mapping or list, which stands on a line of its own, and else the value.
    """
    node = shown = root
    for step in path:
        key, found = _child(node, step)
        if found is None:
            break
        node = found
        shown = found if key is None or isinstance(found, Scalar) else key
    return shown


def _child(node: Node, step: str | int) -> tuple[Scalar | None, Node | None]:
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return None, node.items[step]
    entries = node.entries if isinstance(node, Mapping) else []
    return next(((key, value) for key, value in entries if key.text == step), (None, None))
