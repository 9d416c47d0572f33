"""``runtimes events``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.output.table import GAP
from runtimes.cli.output.words import short_id
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.client import PodEvent

_WIDTHS = (12, 7, 24, 16, 13)
_TITLES = ("TIME", "EVENT", "POD", "CONTAINER", "ID", "HOW IT ENDED")


@click.command("events", cls=Command)
@click.argument("pod", required=False, shell_complete=pod_names)
@click.option("-n", "--namespace", metavar="NAME", help="Of the pod.")
def command(pod: str | None, namespace: str | None) -> None:
    """Show what happens to containers as it happens.

    Of all pods, or of one. Goes on until Ctrl-C; with -o json, a line of JSON for each.
    What has happened before, in kubelet's words: runtimes get events
    """
    settings = current()
    with settings.connect() as runtime:
        uid = runtime.pod(pod, namespace).uid if pod else None
        write = _write_json if settings.output in {"json", "yaml", "name"} else _write_row
        if write is _write_row:
            click.echo(_row(_TITLES))
        for event in runtime.events():
            if uid in {None, event.uid}:
                write(event)


def _write_row(event: PodEvent) -> None:
    import time

    moment = time.strftime("%H:%M:%S", time.localtime(event.at_ns // 10**9))
    milliseconds = event.at_ns // 10**6 % 1000
    ended = "" if event.exit_code is None else f"{event.exit_code} {event.reason}".rstrip()
    pod = event.pod if event.namespace == "default" else f"{event.namespace}/{event.pod}"
    cells = (
        f"{moment}.{milliseconds:03}", str(event.kind), pod,
        event.container or "-", short_id(event.id), ended,
    )  # fmt: skip
    click.echo(_row(cells))


def _row(cells: tuple[str, ...]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False)]
    return GAP.join([*padded, cells[-1]]).rstrip()


def _write_json(event: PodEvent) -> None:
    import json

    from runtimes.cli.output.data import to_data

    click.echo(json.dumps(to_data(event), ensure_ascii=False))
