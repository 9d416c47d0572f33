"""Tables without lines, as kubectl prints them: easy to read, easy to cut with awk."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from runtimes.cli.output import colour
from runtimes.cli.output.words import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
GAP = "   "
_NARROWEST = 12


@dataclass(frozen=True)  # no slots: Column[T](...) sets an attribute of typing's own
class Column(Generic[T]):
    """One column.

    Attributes:
        title: in capitals.
        text: gives an item's cell; an empty one is shown as ``-``.
        wide: only in wide tables.
        paint: gives the colour of a cell.
        right: numbers, set to the right.
    """

    title: str
    text: Callable[[T], str]
    wide: bool = False
    paint: Callable[[str], str | None] | None = None
    right: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is shown.

    Attributes:
        wide: with its wide columns.
        colours: painted.
        limit: characters that a line may have, 0 for any; the last column is cut to fit.
        below: widths of a table that is continued; no headings then.
    """

    wide: bool = False
    colours: bool = False
    limit: int = 0
    below: tuple[int, ...] = ()


PLAIN = Look()


def render(items: Sequence[T], columns: Sequence[Column[T]], look: Look = PLAIN) -> str:
    """Lay out a table, headings first, without a newline at its end."""
    return _laid_out(items, columns, look)[0]


def print_table(
    items: Sequence[T],
    columns: Sequence[Column[T]],
    *,
    wide: bool = False,
    below: tuple[int, ...] = (),
) -> tuple[int, ...]:
    """Print a table on stdout, or go on with one; return the widths of its columns."""
    limit = 0 if wide else _terminal_width()
    look = Look(wide=wide, colours=colour.wanted(), limit=limit, below=below)
    text, widths = _laid_out(items, columns, look)
    click.echo(text, color=True)
    return widths


def _laid_out(
    items: Sequence[T], columns: Sequence[Column[T]], look: Look
) -> tuple[str, tuple[int, ...]]:
    shown = [column for column in columns if look.wide or not column.wide]
    rows = [[printable(column.text(item)) or "-" for column in shown] for item in items]
    titles = [column.title for column in shown]
    widths = [max(map(len, cells)) for cells in zip(titles, *rows, strict=True)]
    if look.below:
        widths = [max(two) for two in zip(widths, look.below, strict=True)]
    if look.limit:
        _cut_last(rows, look.limit - sum(widths[:-1]) - len(GAP) * (len(widths) - 1))
    lines = [] if look.below else [_line(titles, shown, widths)]
    lines.extend(_line(row, shown, widths, colours=look.colours) for row in rows)
    return "\n".join(lines), tuple(widths)


def _terminal_width() -> int:
    """Characters in a line of the terminal on stdout, 0 when it is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 0


def _cut_last(rows: list[list[str]], width: int) -> None:
    for row in rows:
        if len(row[-1]) > width >= _NARROWEST:
            row[-1] = row[-1][: width - 1] + "…"


def _line(
    cells: Sequence[str],
    columns: Sequence[Column[T]],
    widths: Sequence[int],
    *,
    colours: bool = False,
) -> str:
    parts = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        painted = colour.paint(cell, column.paint(cell) if column.paint else None, on=colours)
        blank = " " * (width - len(cell))
        parts.append(blank + painted if column.right else painted + blank)
    return GAP.join(parts).rstrip()
