"""``runtimes stop POD...``."""

from __future__ import annotations

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.manifests import pods_in, read_all
from runtimes.cli.settings import current


@click.command("stop", cls=Command)
@click.argument("pods", nargs=-1, shell_complete=pod_names)
@click.option(
    "-f", "--filename", "files", multiple=True, metavar="FILE", help="The pods of a manifest."
)
@click.option("-n", "--namespace", metavar="NAME", help="Of the pods.")
@click.option(
    "-a", "--all", "everything", is_flag=True, help="Stop every pod that was applied here."
)
@click.option(
    "-t",
    "--grace",
    type=click.IntRange(min=0),
    metavar="SECONDS",
    help="Until the kill. Default: the pod's own.",
)
def command(
    *,
    pods: tuple[str, ...],
    files: tuple[str, ...],
    namespace: str | None,
    everything: bool,
    grace: int | None,
) -> None:
    """Stop pods.

    Their containers end at once with the stop signal; after the grace period they are killed.
    """
    if sum(map(bool, (pods, files, everything))) != 1:
        raise click.UsageError("Name pods, or a manifest with --filename, or give --all.")
    with current().connect() as runtime:
        if everything:
            chosen = [pod for pod in runtime.pods(namespace) if pod.managed]
        elif files:
            chosen = pods_in(runtime, read_all(runtime, files, "ignore"))
        else:
            chosen = [runtime.pod(name, namespace) for name in pods]
        from runtimes.client.each import each

        for pod in each(chosen, lambda pod: pod.stop(grace)):
            click.echo(pod.name)
