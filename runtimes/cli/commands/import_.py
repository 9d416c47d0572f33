"""``runtimes import FILE [NAME]``."""

from __future__ import annotations

from pathlib import Path

import click

from runtimes.cli.command import Command
from runtimes.cli.output.progress import shown
from runtimes.cli.settings import current


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.argument("name", default="")
def command(file: Path, name: str) -> None:
    """Import an image from a file.

    FILE is an archive of `docker save`, an OCI layout (a tar or a folder), or a tar of a root
    file system; the last needs the NAME that the image shall have.
    """
    with current().connect() as runtime, shown(f"Importing {file.name}"):
        references = runtime.import_image(file, name)
    for reference in references:
        click.echo(reference)
