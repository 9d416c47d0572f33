"""``runtimes inspect NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.output.data import print_data, to_data
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.client import Runtime

KINDS = ("pod", "container", "image")


@click.command("inspect", cls=Command)
@click.argument("name", shell_complete=pod_names)
@click.option("--type", "kind", type=click.Choice(KINDS), help="Default: the first that has it.")
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
def command(name: str, kind: str | None, namespace: str | None) -> None:
    """Show all about a pod, a container or an image.

    NAME is a pod's name or uid, a container's id or the beginning of one, or an image's name or id.
    """
    settings = current()
    output = settings.output if settings.output in {"json", "yaml"} else "json"
    with settings.connect() as runtime:
        for one in (kind,) if kind else KINDS:
            found = _FINDERS[one](runtime, name, namespace)
            if found is not None:
                print_data(found, output)
                return
    raise errors.NotFound(f"inspect '{name}': there is no {kind or ', '.join(KINDS)} of that name")


def _pod(runtime: Runtime, name: str, namespace: str | None) -> object:
    try:
        return runtime.pod(name, namespace).look()
    except errors.NotFound:
        return None


def _container(runtime: Runtime, name: str, namespace: str | None) -> object:
    del namespace
    found = [one for one in runtime.containers(include_exited=True) if one.id.startswith(name)]
    if len(found) > 1:
        raise errors.InvalidArgument(f"inspect '{name}': {len(found)} containers begin with it")
    if not found:
        return None
    listed = found[0]
    # A list leaves out times and codes; the pod's status has them.
    statuses = {status.id: status for status in listed.pod.observe().containers}
    who = {"name": listed.pod.name, "namespace": listed.pod.namespace, "uid": listed.pod.uid}
    return {**to_data(statuses.get(listed.id, listed.status)), "pod": who}


def _image(runtime: Runtime, name: str, namespace: str | None) -> object:
    del namespace
    reference = runtime.image_ref(name)
    if reference is None:
        return None
    for image in runtime.images():
        if reference in {image.id, *image.tags, *image.digests}:
            return image
    return {"reference": reference}


_FINDERS = {"pod": _pod, "container": _container, "image": _image}
