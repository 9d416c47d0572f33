"""``runtimes rm POD...``."""

from __future__ import annotations

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.settings import current


@click.command("rm", cls=Command)
@click.argument("pods", nargs=-1, shell_complete=pod_names)
@click.option("-n", "--namespace", metavar="NAME", help="Of the pods.")
@click.option(
    "-a", "--all", "everything", is_flag=True, help="Remove every pod that was applied here."
)
@click.option("-f", "--force", is_flag=True, help="Kill what runs.")
def command(pods: tuple[str, ...], namespace: str | None, everything: bool, force: bool) -> None:
    """Remove stopped pods.

    Their logs, volumes and records go with them.
    """
    if bool(pods) == everything:
        raise click.UsageError("Name pods, or give --all.")
    with current().connect() as runtime:
        if everything:
            chosen = [pod for pod in runtime.pods(namespace) if pod.managed]
        else:
            chosen = [runtime.pod(name, namespace) for name in pods]
        for pod in chosen:
            pod.remove(force=force)
            click.echo(pod.name)
