"""What containers use, as rows: computed from two looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.cli.output.listing import Listing
from runtimes.cli.output.table import Column
from runtimes.cli.output.words import short_id, size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.pod.status import ContainerUsage


@dataclass(frozen=True, slots=True)
class Row:
    """What a container uses; `cpu_percent` of one core between two looks, None if unknown."""

    usage: ContainerUsage
    cpu_percent: float | None


def rows(before: Iterable[ContainerUsage], after: Iterable[ContainerUsage]) -> list[Row]:
    """Compare two looks; in an order that the next look has, too."""
    earlier = {usage.id: usage for usage in before}
    return [
        Row(usage, _percent(earlier.get(usage.id), usage)) for usage in sorted(after, key=_place)
    ]


def _place(usage: ContainerUsage) -> tuple[str, str, str, str]:
    return usage.pod_namespace, usage.pod_name, usage.name, usage.id


def _percent(before: ContainerUsage | None, after: ContainerUsage) -> float | None:
    if before is None or before.cpu_usage_ns is None or after.cpu_usage_ns is None:
        return None
    passed = after.timestamp_ns - before.timestamp_ns
    return 100 * max(0, after.cpu_usage_ns - before.cpu_usage_ns) / passed if passed > 0 else None


LISTING = Listing[Row](
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
