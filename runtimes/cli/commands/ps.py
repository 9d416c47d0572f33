"""``runtimes ps``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.output import colour
from runtimes.cli.output.listing import Listing
from runtimes.cli.output.table import Column
from runtimes.cli.output.words import age, short_id
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.client import Container


def _listing(*, full_ids: bool) -> Listing[Container]:
    now = time.time_ns()
    return Listing(
        columns=(
            Column("CONTAINER", lambda one: one.id if full_ids else short_id(one.id)),
            Column("IMAGE", lambda one: _image(one.image, full=full_ids)),
            Column("CREATED", lambda one: age(one.status.created_at_ns, now)),
            Column("STATE", lambda one: one.state.capitalize(), paint=colour.of_state),
            Column("NAME", lambda one: one.name),
            Column("ATTEMPT", lambda one: str(one.status.restart_count), right=True),
            Column("POD", lambda one: one.pod.name),
            Column("NAMESPACE", lambda one: one.pod.namespace, wide=True),
            Column("POD UID", lambda one: one.pod.uid, wide=True),
            Column("IMAGE ID", lambda one: one.status.image_ref, wide=True),
        ),
        name=lambda one: one.id,
        nothing="No container runs; see also: runtimes ps --all",
        data=_data,
    )


def _image(image: str, *, full: bool) -> str:
    is_id = image.startswith("sha256:") or (len(image) == 64 and image.isalnum())
    return short_id(image) if is_id and not full else image


def _data(one: Container) -> object:
    from runtimes.cli.output.data import to_data

    pod = {"name": one.pod.name, "namespace": one.pod.namespace, "uid": one.pod.uid}
    return {**to_data(one.status), "pod": pod}


@click.command("ps", cls=Command)
@click.option("-a", "--all", "everything", is_flag=True, help="Also those that don't run.")
@click.option("-q", "--quiet", is_flag=True, help="Print ids only.")
@click.option("--no-trunc", is_flag=True, help="Don't shorten ids.")
def command(*, everything: bool, quiet: bool, no_trunc: bool) -> None:
    """List containers."""
    settings = current()
    with settings.connect() as runtime:
        containers = runtime.containers(include_exited=everything)
    if quiet:
        for one in containers:
            click.echo(one.id if no_trunc else short_id(one.id))
    else:
        _listing(full_ids=no_trunc).show(containers, settings.output)
