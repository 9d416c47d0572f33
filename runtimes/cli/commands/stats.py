"""``runtimes stats``."""

from __future__ import annotations

import sys
import time

import click

from runtimes.cli.command import Command
from runtimes.cli.output.usage import LISTING, rows
from runtimes.cli.settings import current

_HOME_AND_CLEAR = "\033[H\033[J"


@click.command("stats", cls=Command)
@click.argument("pod", required=False)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.05),
    default=1.0,
    metavar="SECONDS",
    help="Over which the CPU is measured. Default: 1.",
)
@click.option("-w", "--watch", is_flag=True, help="Go on until Ctrl-C; see also: runtimes top")
def command(*, pod: str | None, interval: float, watch: bool) -> None:
    """Show what containers use.

    CPU is in percent of one core; memory is what can't be reclaimed.
    """
    settings = current()
    with settings.connect() as runtime:
        uid = runtime.pod(pod).uid if pod else None
        before = runtime.stats()
        while True:
            time.sleep(interval)
            after = runtime.stats()
            shown = rows(before, [usage for usage in after if uid in {None, usage.pod_uid}])
            if watch and sys.stdout.isatty():
                click.echo(_HOME_AND_CLEAR, nl=False)
            LISTING.show(shown, settings.output)
            if not watch:
                return
            sys.stdout.flush()
            before = after
