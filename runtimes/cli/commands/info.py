"""``runtimes info``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.output import colour
from runtimes.cli.output.words import size
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.client import Runtime


@click.command("info", cls=Command)
def command() -> None:
    """Show the backend in use and its state."""
    settings = current()
    with settings.connect() as runtime:
        found = _collect(runtime)
    if settings.output in {"json", "yaml"}:
        from runtimes.cli.output.data import print_data

        print_data(found, settings.output)
        return
    width = max(map(len, found))
    on = colour.wanted()
    for name, value in found.items():
        for number, line in enumerate(_lines(value)):
            title = name if number == 0 else ""
            click.echo(f"{title.ljust(width)}   {_painted(line, on=on)}", color=True)


def _collect(runtime: Runtime) -> dict[str, object]:
    opened = runtime.opened
    version = runtime.version()
    pods = runtime.pods()
    return {
        "backend": runtime.name,
        "chosen because": opened.why,
        "era": opened.backend.era,
        "runtime": f"{version.name} {version.version}",
        "api": version.api_version,
        "conditions": [
            " ".join(filter(None, (f"{one.type}={one.status}", one.reason, one.message)))
            for one in runtime.status()
        ],
        "pods": len(pods),
        "images": len(runtime.images()),
        "image storage": _storage(runtime),
        "pod records": str(opened.kubelet.root),
        "pod logs": str(opened.kubelet.log_root),
        "configuration": str(opened.config_path or "none"),
        "capabilities": sorted(opened.backend.capabilities),
    }


def _storage(runtime: Runtime) -> list[str]:
    try:
        stats = runtime.image_stats()
    except errors.Unimplemented:
        return []
    return [f"{size(one.used_bytes)} in {one.mountpoint}" for one in stats]


def _lines(value: object) -> list[str]:
    if isinstance(value, list):
        import textwrap

        texts = list(map(str, value))
        short = all(len(text) < 30 for text in texts) and len(texts) > 3
        return textwrap.wrap(", ".join(texts), 70) if short else texts or ["-"]
    return [str(value)]


def _painted(line: str, *, on: bool) -> str:
    if line.endswith("=True"):
        return colour.paint(line, colour.GOOD, on=on)
    return colour.paint(line, colour.BAD, on=on) if "=False" in line else line
