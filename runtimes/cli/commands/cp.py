"""``runtimes cp SOURCE TARGET``."""

from __future__ import annotations

from typing import NamedTuple

import click

from runtimes.cli.command import Command
from runtimes.cli.messages import note
from runtimes.cli.settings import current


class Place(NamedTuple):
    """A path, of a pod or, with `pod` empty, of this host."""

    pod: str
    path: str


def read_place(text: str) -> Place:
    """Read ``[NAMESPACE/]POD:PATH``, or a path of this host, which ``./`` keeps from looking so."""
    pod, colon, path = text.partition(":")
    remote = colon and pod and not pod.startswith(("/", "."))
    return Place(pod, path) if remote else Place("", text)


@click.command("cp", cls=Command)
@click.argument("source")
@click.argument("target")
@click.option("-c", "--container", metavar="NAME", help="Default: the pod's first.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
def command(source: str, target: str, container: str | None, namespace: str | None) -> None:
    """Copy files into a container or out of it.

    One of the two is POD:PATH, the other a path of this host. Folders go with all they hold; an
    existing folder gets the copy inside. Modes are kept. The container must have tar.
    """
    here, there = read_place(source), read_place(target)
    if bool(here.pod) == bool(there.pod):
        raise click.UsageError("Write one as POD:PATH, and the other as a path of this host.")
    if not (here.path and there.path):
        raise click.UsageError("Name a path after the colon.")
    with current().connect() as runtime:
        if there.pod:
            runtime.pod(there.pod, namespace).copy_to(here.path, there.path, container)
            return
        for name in runtime.pod(here.pod, namespace).copy_from(here.path, there.path, container):
            note(f"left out '{name}': a device, a pipe or a link that leads out of the copy")
