"""A place in an object, and what is wrong there."""

from __future__ import annotations

from typing import NamedTuple


class Key(str):
    """A key that the author of a map chose; shown in brackets, as it may hold dots."""

    __slots__ = ()


Path = tuple[str | int, ...]
"""JSON names of fields, indexes of lists, and `Key` for keys of maps."""


class Problem(NamedTuple):
    """What is wrong with the value at `path`, or with its absence."""

    path: Path
    message: str


def show(path: Path) -> str:
    """Write a path as people read it: ``metadata.labels[app].x``, ``spec.containers[0].name``."""
    text = "".join(
        f"[{step}]" if isinstance(step, int | Key) else f".{step}" for step in path
    ).removeprefix(".")
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
