"""``runtimes rmi IMAGE...``."""

from __future__ import annotations

import click

from runtimes.cli.command import Command
from runtimes.cli.settings import current
from runtimes.core import errors


@click.command("rmi", cls=Command)
@click.argument("images", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Remove every image but pinned ones.")
def command(images: tuple[str, ...], *, everything: bool) -> None:
    """Remove images."""
    if not images and not everything:
        raise click.UsageError("Name an image, or give --all.")
    with current().connect() as runtime:
        chosen = [image.id for image in runtime.images() if not image.pinned] if everything else []
        for name in (*images, *chosen):
            if not everything and runtime.image_ref(name) is None:
                raise errors.ImageNotFound(
                    f"remove image '{name}': it isn't here; see: runtimes images"
                )
            runtime.remove_image(name)
            click.echo(name)
