"""``runtimes apply FILE...``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.manifests import read_all, validate_option
from runtimes.cli.output.progress import shown
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.client import Runtime, Validation
    from runtimes.client.workloads import Object, Wanted
    from runtimes.core.pod import v1


@click.command("apply", cls=Command)
@click.argument("files", nargs=-1)
@click.option(
    "-f",
    "--filename",
    "named",
    multiple=True,
    metavar="FILE",
    help="A manifest, or a folder of them; - is stdin.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=300.0,
    metavar="SECONDS",
    help="For each pod to start. Default: 300.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be done; see: runtimes diff.")
@validate_option
def command(
    *,
    files: tuple[str, ...],
    named: tuple[str, ...],
    timeout: float,
    dry_run: bool,
    validate: Validation,
) -> None:
    """Start or update pods from manifests and leave them running.

    ConfigMaps and Secrets are kept for the pods that name them, and files of those that run follow
    at once. A Deployment's pods are changed one after the other; a Job's first ones are started.

    There is no daemon: a container that ends stays so until somebody applies or runs its pod again;
    see also: runtimes kubelet
    """
    if not files and not named:
        raise click.UsageError("Name a manifest: runtimes apply FILE, or - for stdin.")
    with current().connect() as runtime:
        from runtimes.client.workloads import configuration, wanted

        objects = read_all(runtime, (*files, *named), validate)
        if dry_run:
            _foresee(runtime, objects)
            return
        for kept in configuration(objects):
            click.echo(f"{kept.kind.lower()}/{kept.metadata.name} {runtime.keep(kept)}")
        for one in wanted(objects):
            _apply(runtime, one, timeout)


def _foresee(runtime: Runtime, objects: list[Object]) -> None:
    from runtimes.cli.output.foreseen import show

    show(runtime, objects)


def _apply(runtime: Runtime, one: Wanted, timeout: float) -> None:
    from runtimes.client.workloads import plan_now, pods_of

    before, plan = pods_of(runtime, one), plan_now(runtime, one)
    for name in plan.surplus:
        before[name].remove(force=True)
        click.echo(f"pod/{name} removed")
    for pod in plan.pods:
        _apply_pod(runtime, pod, timeout)


def _apply_pod(runtime: Runtime, manifest: v1.Pod, timeout: float) -> None:
    metadata = manifest.metadata
    before = runtime.store.get(metadata.namespace, metadata.name)
    pod = runtime.create(manifest)
    with shown(f"Starting {pod.name}", quiet=False):
        pod.start(timeout=timeout)
    if before is None or before.metadata.uid != pod.uid:
        word = "created"
    else:
        word = "unchanged" if before.spec == pod.manifest.spec else "configured"
    click.echo(f"pod/{pod.name} {word}")
