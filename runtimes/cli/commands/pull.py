"""``runtimes pull IMAGE...``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.output.progress import shown
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.pod.status import RegistryAuth

VARIABLE = "RUNTIMES_CREDS"


def read_credentials(text: str | None) -> tuple[RegistryAuth, ...]:
    """Read ``user:password``; empty for none.

    Raises:
        InvalidArgument: there is no colon.
    """
    if not text:
        return ()
    from runtimes.core.pod.status import RegistryAuth

    user, colon, password = text.partition(":")
    if not colon:
        raise errors.InvalidArgument("--creds: expected user:password")
    return (RegistryAuth(username=user, password=password),)


@click.command("pull", cls=Command)
@click.argument("images", nargs=-1, required=True)
@click.option("--creds", metavar="USER:PASSWORD", help=f"For the registry. Default: ${VARIABLE}.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def command(images: tuple[str, ...], creds: str | None, *, quiet: bool) -> None:
    """Pull images from their registries."""
    auths = read_credentials(creds or os.environ.get(VARIABLE))
    with current().connect() as runtime:
        for image in images:
            with shown(f"Pulling {image}", quiet=quiet):
                reference = runtime.pull(image, auths)
            click.echo(reference)
