"""``runtimes stats``."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.output.listing import Listing
from runtimes.cli.output.table import Column
from runtimes.cli.output.words import short_id, size
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.pod.status import ContainerUsage


@dataclass(frozen=True, slots=True)
class Row:
    """What a container uses; `cpu_percent` of one core between two looks, None if unknown."""

    usage: ContainerUsage
    cpu_percent: float | None


def rows(before: Iterable[ContainerUsage], after: Iterable[ContainerUsage]) -> list[Row]:
    """Compare two looks."""
    earlier = {usage.id: usage for usage in before}
    return [Row(usage, _percent(earlier.get(usage.id), usage)) for usage in after]


def _percent(before: ContainerUsage | None, after: ContainerUsage) -> float | None:
    if before is None or before.cpu_usage_ns is None or after.cpu_usage_ns is None:
        return None
    passed = after.timestamp_ns - before.timestamp_ns
    return 100 * max(0, after.cpu_usage_ns - before.cpu_usage_ns) / passed if passed > 0 else None


_LISTING = Listing[Row](
    columns=(
        Column("CONTAINER", lambda row: short_id(row.usage.id)),
        Column("NAME", lambda row: row.usage.name),
        Column("POD", lambda row: row.usage.pod_name),
        Column(
            "CPU %",
            lambda row: "" if row.cpu_percent is None else f"{row.cpu_percent:.1f}",
            right=True,
        ),
        Column(
            "MEM", lambda row: size(row.usage.memory_working_set_bytes, binary=True), right=True
        ),
        Column("DISK", lambda row: size(row.usage.writable_layer_bytes), right=True),
        Column(
            "PIDS", lambda row: "" if row.usage.pids is None else str(row.usage.pids), right=True
        ),
        Column("NAMESPACE", lambda row: row.usage.pod_namespace, wide=True),
    ),
    name=lambda row: row.usage.id,
    nothing="No container runs.",
)


@click.command("stats", cls=Command)
@click.argument("pod", required=False)
@click.option(
    "--interval",
    type=click.FloatRange(min=0.05),
    default=1.0,
    metavar="SECONDS",
    help="Over which the CPU is measured. Default: 1.",
)
def command(pod: str | None, interval: float) -> None:
    """Show what containers use.

    CPU is in percent of one core; memory is what can't be reclaimed.
    """
    settings = current()
    with settings.connect() as runtime:
        uid = runtime.pod(pod).uid if pod else None
        before = runtime.stats()
        time.sleep(interval)
        after = [usage for usage in runtime.stats() if uid in {None, usage.pod_uid}]
    _LISTING.show(rows(before, after), settings.output)
