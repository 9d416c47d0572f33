"""What has happened to pods, as kubectl prints it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.cli.output import colour
from runtimes.cli.output.listing import Listing
from runtimes.cli.output.table import Column, Look, render
from runtimes.cli.output.words import age, duration
from runtimes.client.journal import event

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runtimes.client import JournalEntry, PodJournal

_NANO = 10**9


def when(entry: JournalEntry, now_ns: int) -> str:
    """Say how long ago it was, how often, and since when: ``12s (x5 over 2m)``."""
    last = age(entry.last_ns, now_ns)
    if entry.count == 1:
        return last
    return f"{last} (x{entry.count} over {duration((now_ns - entry.first_ns) / _NANO)})"


def event_lines(entries: Sequence[JournalEntry], now_ns: int) -> list[str]:
    """Write a table of one pod's events."""
    columns: list[Column[JournalEntry]] = [
        Column("TYPE", _type, paint=_colour),
        Column("REASON", lambda entry: entry.reason),
        Column("AGE", lambda entry: when(entry, now_ns)),
        Column("CONTAINER", lambda entry: entry.container),
        Column("MESSAGE", lambda entry: _one_line(entry.message)),
    ]
    return render(entries, columns, Look(colours=colour.wanted())).splitlines()


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of a pod."""

    pod: PodJournal
    entry: JournalEntry


def event_listing(rows: Sequence[EventRow], node_name: str) -> Listing[EventRow]:
    """Choose columns: the namespace is shown where not all is in ``default``."""
    now_ns = time.time_ns()
    several = any(row.pod.namespace != "default" for row in rows)
    return Listing(
        columns=(
            Column("NAMESPACE", lambda row: row.pod.namespace, wide=not several),
            Column("LAST SEEN", lambda row: when(row.entry, now_ns)),
            Column("TYPE", lambda row: _type(row.entry), paint=_colour),
            Column("REASON", lambda row: row.entry.reason),
            Column("POD", lambda row: row.pod.name),
            Column("CONTAINER", lambda row: row.entry.container),
            Column("MESSAGE", lambda row: _one_line(row.entry.message)),
        ),
        name=lambda row: f"{row.pod.namespace}/{row.pod.name}",
        nothing="There are no events.",
        data=lambda row: event(row.pod, row.entry, node_name),
    )


def rows_of(pods: Iterable[PodJournal]) -> list[EventRow]:
    """Put the events of several pods in the order in which they happened last."""
    rows = [EventRow(pod, entry) for pod in pods for entry in pod.entries]
    return sorted(rows, key=lambda row: row.entry.last_ns)


def _type(entry: JournalEntry) -> str:
    return "Warning" if entry.warning else "Normal"


def _colour(kind: str) -> str | None:
    return colour.WAITING if kind == "Warning" else None


def _one_line(message: str) -> str:
    return " ".join(message.split())
