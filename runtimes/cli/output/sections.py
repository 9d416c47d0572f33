"""Names with values, sections within sections, as `kubectl describe` lays them out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runtimes.cli.output.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Value: TypeAlias = "str | tuple[str, ...] | Section | Block"
Section: TypeAlias = "list[tuple[str, Value]]"
"""Names with what stands beside them: a word, several one below the other, or below them all."""

_STEP = "  "


class Block(tuple[str, ...]):
    """Lines that stand below their name, ready to be printed."""

    __slots__ = ()


def lay_out(section: Section, indent: str = "") -> Iterator[str]:
    """Yield lines; values of a section stand in one column, empty ones are left out."""
    shown = [(name, value) for name, value in section if value]
    beside = [name for name, value in shown if not isinstance(value, (list, Block))]
    width = max(map(len, beside), default=0) + 3
    for name, value in shown:
        head = f"{indent}{name}:"
        if isinstance(value, list):
            yield head
            yield from lay_out(value, indent + _STEP)
        elif isinstance(value, Block):
            yield head
            yield from (f"{indent}{_STEP}{printable(line)}" for line in value)
        else:
            yield from _beside(head, value, len(indent) + width)


def _beside(head: str, value: str | tuple[str, ...], column: int) -> Iterator[str]:
    lines: Iterable[str] = value.splitlines() if isinstance(value, str) else value
    for number, line in enumerate(lines):
        yield f"{'' if number else head:{column}}{printable(line)}"
