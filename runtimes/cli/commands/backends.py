"""``runtimes backends``."""

from __future__ import annotations

import click

from runtimes.cli.command import Command
from runtimes.cli.found import Found, find_all
from runtimes.cli.output import colour
from runtimes.cli.output.listing import Listing
from runtimes.cli.output.table import Column
from runtimes.cli.settings import current

_LISTING = Listing[Found](
    columns=(
        Column("", lambda one: "*" if one.chosen else " "),
        Column("NAME", lambda one: one.name),
        Column("STATE", lambda one: one.state, paint=colour.of_state),
        Column("ERA", lambda one: one.era),
        Column("WHAT IT IS, OR WHAT IT LACKS", lambda one: one.explanation),
        Column("CONTRACT", lambda one: one.kind, wide=True),
        Column("FROM", lambda one: one.source, wide=True),
    ),
    name=lambda one: one.name,
    nothing="No backend is installed.",
)


@click.command("backends", cls=Command)
def command() -> None:
    """List backends and whether they work here.

    The one that is used is marked by a star.
    """
    settings = current()
    _LISTING.show(find_all(settings), settings.output)
