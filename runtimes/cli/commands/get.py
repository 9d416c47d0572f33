"""``runtimes get pods`` and ``runtimes get events``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.complete import pod_names
from runtimes.cli.settings import current
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.cli.output.events import EventRow
    from runtimes.cli.output.pods import PodRow
    from runtimes.cli.output.watching import Watching
    from runtimes.client import Pod, Runtime

_PODS = ("pods", "pod", "po")
_EVENTS = ("events", "event", "ev")
_PERIOD = 0.5
_SHARE = 4
_HELP = """List pods, or what has happened to them, as kubectl does.

\b
Examples:
  runtimes get pods -w
  runtimes get pod web -o yaml
  runtimes get events web

JSON and YAML are a v1 List; of a single named pod, the pod itself. Events are in kubelet's words
and stay for an hour after their pod is gone.
"""


@click.command("get", cls=Command, help=_HELP)
@click.argument("kind", type=click.Choice(_PODS + _EVENTS), metavar="pods|events")
@click.argument("names", nargs=-1, shell_complete=pod_names, metavar="[POD]...")
@click.option("-n", "--namespace", metavar="NAME", help="Only those of a namespace.")
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="The default.")
@click.option("-w", "--watch", is_flag=True, help="Go on, and print what changes, until Ctrl-C.")
def command(
    kind: str, names: tuple[str, ...], namespace: str | None, *, everywhere: bool, watch: bool
) -> None:
    if everywhere and namespace:
        raise click.UsageError("--all-namespaces and --namespace exclude each other.")
    settings = current()
    with settings.connect() as runtime:
        if kind in _EVENTS:
            _show(_events(runtime, names, namespace), settings.output, watch=watch)
        else:
            _show(_pods(runtime, names, namespace, watch=watch), settings.output, watch=watch)


def _show(
    listed: Watching[PodRow] | Watching[EventRow], output: str | None, *, watch: bool
) -> None:
    while True:
        began = time.monotonic()
        listed.show(output, watch=watch)
        if not watch:
            return
        # However many pods there are, looking takes a fifth of the time at most.
        time.sleep(max(_PERIOD, _SHARE * (time.monotonic() - began)))


def _pods(
    runtime: Runtime, names: Sequence[str], namespace: str | None, *, watch: bool
) -> Watching[PodRow]:
    from runtimes.cli.output.pods import look, pod_data, pod_listing
    from runtimes.cli.output.watching import Watching

    def named(name: str) -> list[Pod]:
        try:
            return [runtime.pod(name, namespace)]
        except errors.NotFound:
            if name in seen:
                return []
            raise

    def find() -> list[Pod]:
        if not names:
            return runtime.pods(namespace)
        found = [pod for name in names for pod in named(name)]
        if watch:
            seen.update(names)  # from now on they may go
        return found

    seen: set[str] = set()

    def document(rows: Sequence[PodRow]) -> object:
        items = [pod_data(row) for row in rows]
        if len(names) == 1:
            return items[0]
        return {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}

    return Watching(
        lambda: [look(pod) for pod in find()],
        listing=pod_listing,
        document=document,
        key=lambda row: row.pod.uid,
        state=lambda row: (row.summary, row.status.pod_ip),
    )


def _events(runtime: Runtime, names: Sequence[str], namespace: str | None) -> Watching[EventRow]:
    from runtimes.cli.output.events import event_listing, rows_of
    from runtimes.cli.output.watching import Watching
    from runtimes.client.journal import event

    node, journal = runtime.opened.kubelet.node_name, runtime.store.journal

    def document(rows: Sequence[EventRow]) -> object:
        items = [event(row.pod, row.entry, node) for row in rows]
        return {"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": items}

    return Watching(
        lambda: rows_of(journal.all(namespace, names)),
        listing=lambda rows: event_listing(rows, node),
        document=document,
        key=lambda row: (row.pod.uid, row.entry.container, row.entry.reason, row.entry.message),
        state=lambda row: row.entry.count,
    )
