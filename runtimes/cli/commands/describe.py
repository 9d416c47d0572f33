"""``runtimes describe pod NAME``."""

from __future__ import annotations

import time

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.settings import current


@click.command("describe", cls=Command)
@click.argument("kind", type=click.Choice(["pod", "pods", "po"]))
@click.argument("names", nargs=-1, shell_complete=pod_names)
@click.option("-n", "--namespace", metavar="NAME", help="Of the pods.")
def command(kind: str, names: tuple[str, ...], namespace: str | None) -> None:
    """Tell people all about pods, and what has happened to them.

    Of the named ones, or of all. Programs read: runtimes get pods -o json
    """
    from runtimes.cli.output.describe import describe_pod

    del kind
    with current().connect() as runtime:
        pods = [runtime.pod(name, namespace) for name in names] or runtime.pods(namespace)
        node = runtime.opened.kubelet.node_name
        for number, pod in enumerate(pods):
            lines = describe_pod(pod.look(), pod.journal(), node=node, now_ns=time.time_ns())
            click.echo("\n".join(["", ""][: 2 * bool(number)] + lines), color=True)
    if not pods:
        click.echo("There are no pods.", err=True)
