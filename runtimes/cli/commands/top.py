"""``runtimes top``."""

from __future__ import annotations

import os
import select
import sys
import time
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.output.usage import LISTING, Row, rows
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table

    from runtimes.client import Runtime

_SORTS: dict[str, Callable[[Row], float]] = {
    "c": lambda row: row.cpu_percent or 0.0,
    "m": lambda row: row.usage.memory_working_set_bytes or 0,
}
_HELP = "c: by CPU   m: by memory   q: quit"


@click.command("top", cls=Command)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=1.0,
    metavar="SECONDS",
    help="Between two looks. Default: 1.",
)
def command(interval: float) -> None:
    """Show live what containers use.

    The keys c and m sort by CPU and memory, q or Ctrl-C quits. Without a terminal it prints once.
    """
    settings = current()
    with settings.connect() as runtime:
        if sys.stdout.isatty() and os.isatty(0) and settings.output is None:
            _live(runtime, interval)
            return
        before = runtime.stats()
        time.sleep(interval)
        found = sorted(rows(before, runtime.stats()), key=_SORTS["c"], reverse=True)
    LISTING.show(found, settings.output)


def _live(runtime: Runtime, interval: float) -> None:
    from rich.console import Console
    from rich.live import Live

    from runtimes.cli import terminal

    sort, before, found = "c", runtime.stats(), []
    with (
        terminal.keys_at_once(0),
        Live(console=Console(), screen=True, auto_refresh=False) as live,
    ):
        key = ""
        while key not in {"q", "Q", "\x03", "\x04"}:
            if key in _SORTS:
                sort = key
            else:
                after = runtime.stats()
                found, before = rows(before, after), after
            live.update(_table(sorted(found, key=_SORTS[sort], reverse=True)), refresh=True)
            key = _key(interval)


def _key(seconds: float) -> str:
    """Wait for a key; empty when none came."""
    try:
        ready, _, _ = select.select([0], [], [], seconds)
        return os.read(0, 1).decode(errors="replace") or "q" if ready else ""
    except KeyboardInterrupt:
        return "q"


def _table(found: Sequence[Row]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    title = f"{time.strftime('%H:%M:%S')}   {len(found)} containers"
    table = Table(title=title, caption=_HELP, box=SIMPLE_HEAD, expand=True, title_justify="left")
    columns = [column for column in LISTING.columns if not column.wide]
    for column in columns:
        table.add_column(column.title, justify="right" if column.right else "left")
    for row in found:
        table.add_row(*(column.text(row) or "-" for column in columns))
    return table
