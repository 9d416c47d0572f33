"""``runtimes diff FILE...``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.manifests import read_all, validate_option
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.client import Validation


@click.command("diff", cls=Command)
@click.argument("files", nargs=-1)
@click.option(
    "-f",
    "--filename",
    "named",
    multiple=True,
    metavar="FILE",
    help="A manifest, or a folder of them; - is stdin.",
)
@validate_option
def command(files: tuple[str, ...], named: tuple[str, ...], validate: Validation) -> int:
    """Say what apply would do, and do nothing.

    One line tells of each pod, ConfigMap and Secret, and below a pod's there is one for each
    container. The exit code is 0 when nothing would change, 1 when something would.
    """
    if not files and not named:
        raise click.UsageError("Name a manifest: runtimes diff FILE, or - for stdin.")
    from runtimes.cli.output.foreseen import show

    with current().connect() as runtime:
        return int(show(runtime, read_all(runtime, (*files, *named), validate)))
