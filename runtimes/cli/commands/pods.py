"""``runtimes pods``."""

from __future__ import annotations

import click

from runtimes.cli.command import Command
from runtimes.cli.output.pods import look, pod_listing
from runtimes.cli.settings import current


@click.command("pods", cls=Command)
@click.option("-n", "--namespace", metavar="NAME", help="Only those of a namespace.")
@click.option("-q", "--quiet", is_flag=True, help="Print uids only.")
def command(namespace: str | None, *, quiet: bool) -> None:
    """List pods.

    As crictl does; kubectl's way, with -w to go on: runtimes get pods
    """
    settings = current()
    with settings.connect() as runtime:
        pods = runtime.pods(namespace)
        if quiet:
            for pod in pods:
                click.echo(pod.uid)
            return
        rows = [look(pod) for pod in pods]
    pod_listing(rows).show(rows, settings.output)
