"""``runtimes apply FILE...``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.manifests import load_all, validate_option
from runtimes.cli.output.progress import shown
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.client import Validation


@click.command("apply", cls=Command)
@click.argument("files", nargs=-1)
@click.option(
    "-f", "--filename", "named", multiple=True, metavar="FILE", help="A manifest; - is stdin."
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=300.0,
    metavar="SECONDS",
    help="For each pod to start. Default: 300.",
)
@validate_option
def command(
    files: tuple[str, ...], named: tuple[str, ...], timeout: float, validate: Validation
) -> None:
    """Start or update pods from manifests and leave them running.

    There is no daemon: a container that ends stays so until somebody applies or runs its pod again.
    """
    if not files and not named:
        raise click.UsageError("Name a manifest: runtimes apply FILE, or - for stdin.")
    with current().connect() as runtime:
        for manifest in load_all(runtime, (*files, *named), validate):
            metadata = manifest.metadata
            before = runtime.store.get(metadata.namespace, metadata.name)
            pod = runtime.create(manifest)
            with shown(f"Starting {pod.name}", quiet=False):
                pod.start(timeout=timeout)
            if before is None or before.metadata.uid != pod.uid:
                word = "created"
            else:
                word = "unchanged" if before.spec == pod.manifest.spec else "configured"
            click.echo(f"pod/{pod.name} {word}")
