"""What `apply` would do, for people to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.client.foresight import foreseen
from runtimes.client.workloads import configuration, plan_now, wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.client import Runtime
    from runtimes.client.foresight import Foreseen
    from runtimes.client.workloads import Object

_SETTLED = {"runs on", "has ended and stays so"}


def show(runtime: Runtime, objects: Iterable[Object]) -> bool:
    """Print it, and tell whether anything would change."""
    objects = list(objects)
    changes = False
    for kept in configuration(objects):
        word = runtime.store.objects.compare(kept)
        click.echo(f"{kept.kind.lower()}/{kept.metadata.name} {word}")
        changes |= word != "unchanged"
    for one in wanted(objects):
        plan = plan_now(runtime, one)
        for name in plan.surplus:
            click.echo(f"pod/{name} removed")
        changes |= bool(plan.surplus)
        for pod in plan.pods:
            changes |= _show_pod(pod.metadata.name, foreseen(runtime, pod))
    return changes


def _show_pod(name: str, found: Foreseen) -> bool:
    click.echo(f"pod/{name} {found.word}")
    for container, fate in found.containers:
        click.echo(f"  {container}: {fate}")
    for field in found.sandbox:
        click.echo(f"  {field}: changed, for which the pod gets a new sandbox")
    return found.word != "unchanged" or any(fate not in _SETTLED for _, fate in found.containers)
