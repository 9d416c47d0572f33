"""``runtimes rm POD...``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.manifests import pods_in, read_all
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.client.workloads import Object


@click.command("rm", cls=Command)
@click.argument("pods", nargs=-1, shell_complete=pod_names)
@click.option(
    "--filename", "files", multiple=True, metavar="FILE", help="All that a manifest has here."
)
@click.option("-n", "--namespace", metavar="NAME", help="Of the pods.")
@click.option(
    "-a", "--all", "everything", is_flag=True, help="Remove every pod that was applied here."
)
@click.option("-f", "--force", is_flag=True, help="Kill what runs.")
def command(
    *,
    pods: tuple[str, ...],
    files: tuple[str, ...],
    namespace: str | None,
    everything: bool,
    force: bool,
) -> None:
    """Remove stopped pods.

    Their logs, volumes and records go with them, and ConfigMaps and Secrets that no other pod
    names.
    """
    if sum(map(bool, (pods, files, everything))) != 1:
        raise click.UsageError("Name pods, or a manifest with --filename, or give --all.")
    objects: list[Object] = []
    with current().connect() as runtime:
        if everything:
            chosen = [pod for pod in runtime.pods(namespace) if pod.managed]
        elif files:
            objects = read_all(runtime, files, "ignore")
            chosen = pods_in(runtime, objects)
        else:
            chosen = [runtime.pod(name, namespace) for name in pods]
        from runtimes.client.each import each
        from runtimes.client.workloads import configuration

        for pod in each(chosen, lambda pod: pod.remove(force=force)):
            click.echo(pod.name)
        for kept in configuration(objects):
            meta = kept.metadata
            if runtime.store.objects.remove(kept.kind, meta.namespace, meta.name):
                click.echo(f"{kept.kind.lower()}/{meta.name}")
