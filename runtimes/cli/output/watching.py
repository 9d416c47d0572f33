"""A list that is printed once, or again and again with what has changed of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from runtimes.cli.output.data import print_data
from runtimes.cli.output.table import print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from runtimes.cli.output.listing import Listing

T = TypeVar("T")


@dataclass
class Watching(Generic[T]):
    """What is listed, and what of it counts as a change.

    Attributes:
        find: looks at everything.
        listing: how it is printed.
        document: a whole list as JSON.
        key: tells items apart.
        state: differs when there is something new of an item.
    """

    find: Callable[[], list[T]]
    listing: Callable[[Sequence[T]], Listing[T]]
    document: Callable[[Sequence[T]], object]
    key: Callable[[T], Hashable]
    state: Callable[[T], object]
    _seen: dict[Hashable, object] = field(default_factory=dict)
    _widths: tuple[int, ...] = ()

    def show(self, output: str | None, *, watch: bool) -> None:
        """Print what is new since the last call, at first all; every item by itself to `watch`."""
        found = self.find()
        states = {self.key(item): self.state(item) for item in found}
        fresh = [item for item in found if self._seen.get(self.key(item)) != states[self.key(item)]]
        self._seen = states
        if output in {"json", "yaml"}:
            self._print_data(fresh, output, watch=watch)
        elif output == "name":
            for item in fresh:
                click.echo(self.listing(found).name(item))
        else:
            self._print_rows(found, fresh, wide=output == "wide")

    def _print_data(self, fresh: list[T], output: str, *, watch: bool) -> None:
        if not watch:
            print_data(self.document(fresh), output)
            return
        for item in fresh:
            if output == "yaml":
                click.echo("---")
            print_data(self.listing([item]).data(item), output)

    def _print_rows(self, found: list[T], fresh: list[T], *, wide: bool) -> None:
        listing = self.listing(found)
        if not self._widths and not found:
            click.echo(listing.nothing, err=True)
        if fresh:
            self._widths = print_table(fresh, listing.columns, wide=wide, below=self._widths)
