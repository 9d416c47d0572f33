"""``runtimes plugin new``."""

from __future__ import annotations

from pathlib import Path

import click

_NEXT = """Made {folder}. Next:

  cd {folder}
  pip install -e .
  runtimes contract run -b {name} --static   # holds already: no engine needed
  {first}

The page 'Write a backend' of the documentation walks through a whole one.
"""
_FIRST = {
    "cri": "runtimes contract run -b {name} --test cri.runtime.version  # and so does this\n\n"
    "Then write {module}/service.py, one RPC at a time, in this order: Version, Status,\n"
    "ListImages and ImageStatus (and PullImage), RunPodSandbox with its Status, List, Stop and\n"
    "Remove, then the same of containers, then ExecSync; claim each optional one in backend.py.",
    "pod": "runtimes contract run -b {name} --test pod.exec   # not yet\n\n"
    "Then write {module}/service.py in this order: version, status, list_images, image_ref and\n"
    "import_image, get_pod_status, sync_pod, kill_pod, remove_pod, exec.",
    "docker": "runtimes contract run -b {name} --test docker.system.version  # and so does this\n\n"
    "Then write {module}/service.py in this order: version, info, list_images, inspect_image,\n"
    "create, inspect, list, start, stop and remove of containers, logs, exec, attach.",
}


@click.group("plugin", short_help="Make a plugin of your own")
def command() -> None:
    """Make a plugin of your own: a backend that installs separately."""


@command.command("new", short_help="Write the project of a new backend")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(("cri", "pod", "docker")),
    default="cri",
    show_default=True,
    help="The contract that it implements.",
)
@click.option("--into", metavar="FOLDER", help="Where to. Default: ./runtimes-NAME.")
def new(name: str, kind: str, into: str | None) -> None:
    """Write a complete project: package, entry point, tests, CI.

    It passes its static contract at once. Nothing that exists is written over.
    """
    from runtimes.contract.scaffold import project
    from runtimes.core import errors
    from runtimes.core.backend import Kind

    try:
        plugin = project.named(name, Kind(kind))
    except errors.InvalidArgument as error:
        raise click.UsageError(str(error)) from error
    folder = Path(into or plugin.project)
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is a file; name a folder by --into")
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} exists and isn't empty; name another by --into")
    for path, text in project.files(plugin).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    first = _FIRST[kind].format(name=name, module=plugin.module)
    click.echo(_NEXT.format(folder=folder, name=name, first=first))
