"""``runtimes images``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.output.listing import Listing
from runtimes.cli.output.table import Column
from runtimes.cli.output.words import short_id, size
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod.status import Image


@dataclass(frozen=True, slots=True)
class _Row:
    repository: str
    tag: str
    image: Image


def _rows(image: Image) -> Iterator[_Row]:
    for name in image.tags:
        repository, _, tag = name.rpartition(":")
        yield _Row(repository, tag, image)
    if not image.tags:
        digest = image.digests[0].partition("@")[0] if image.digests else "<none>"
        yield _Row(digest, "<none>", image)


_LISTING = Listing[_Row](
    columns=(
        Column("IMAGE", lambda row: row.repository),
        Column("TAG", lambda row: row.tag),
        Column("IMAGE ID", lambda row: short_id(row.image.id)),
        Column("SIZE", lambda row: size(row.image.size_bytes), right=True),
        Column(
            "DIGEST", lambda row: ", ".join(d.partition("@")[2] for d in row.image.digests), True
        ),
    ),
    name=lambda row: row.image.id if row.tag == "<none>" else f"{row.repository}:{row.tag}",
    nothing="There are no images here.",
)


@click.command("images", cls=Command)
@click.option("-q", "--quiet", is_flag=True, help="Print ids only.")
def command(*, quiet: bool) -> None:
    """List images."""
    settings = current()
    with settings.connect() as runtime:
        images = sorted(runtime.images(), key=lambda image: (image.tags or ("~",), image.id))
    if quiet:
        for image in images:
            click.echo(image.id)
    elif settings.output in {"json", "yaml"}:
        from runtimes.cli.output.data import print_data

        print_data(images, settings.output)
    else:
        _LISTING.show([row for image in images for row in _rows(image)], settings.output)
