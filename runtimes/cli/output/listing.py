"""A list in any of the formats of ``-o``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from runtimes.cli.output.data import print_data, to_data
from runtimes.cli.output.table import Column, print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")


@dataclass(frozen=True)  # no slots: Listing[T](...) sets an attribute of typing's own
class Listing(Generic[T]):
    """How a kind of items is listed.

    Attributes:
        name: what ``-o name`` prints of an item, good to be given to other commands.
        data: what ``-o json`` prints of it.
        nothing: said on stderr in place of an empty table.
    """

    columns: Sequence[Column[T]]
    name: Callable[[T], str]
    nothing: str
    data: Callable[[T], object] = to_data

    def show(self, items: Sequence[T], output: str | None, default: str = "table") -> None:
        """Print the items as `output` asks for."""
        chosen = output or default
        if chosen == "name":
            for item in items:
                click.echo(self.name(item))
        elif chosen in {"json", "yaml"}:
            print_data([self.data(item) for item in items], chosen)
        elif items:
            print_table(items, self.columns, wide=chosen == "wide")
        else:
            click.echo(self.nothing, err=True)
