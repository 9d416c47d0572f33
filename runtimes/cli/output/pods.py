"""Pods as rows and as Kubernetes' own JSON."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.cli.output import colour
from runtimes.cli.output.listing import Listing
from runtimes.cli.output.table import Column
from runtimes.cli.output.words import age
from runtimes.client import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.client import Pod, Summary
    from runtimes.core.pod import v1


@dataclass(frozen=True, slots=True)
class PodRow:
    """A pod, its status now, and when it was made."""

    pod: Pod
    status: v1.PodStatus
    summary: Summary
    created_ns: int


def look(pod: Pod) -> PodRow:
    """Look at a pod."""
    status = pod.status()
    return PodRow(pod, status, summarise(pod.manifest, status), _created_ns(status))


def pod_data(row: PodRow) -> object:
    """Give the pod with its status, as `kubectl get pod -o json` does."""
    from msgspec.structs import replace

    return replace(row.pod.manifest, status=row.status)


def pod_listing(rows: Sequence[PodRow]) -> Listing[PodRow]:
    """Choose columns: the namespace is shown where not all is in ``default``."""
    now = time.time_ns()
    several = any(row.pod.namespace != "default" for row in rows)
    columns = [
        Column[PodRow]("NAMESPACE", lambda row: row.pod.namespace, wide=not several),
        Column("NAME", lambda row: row.pod.name),
        Column("READY", lambda row: f"{row.summary.ready}/{row.summary.total}"),
        Column("STATUS", lambda row: row.summary.status, paint=colour.of_state),
        Column("RESTARTS", lambda row: restarts(row.summary, now)),
        Column("AGE", lambda row: age(row.created_ns, now)),
        Column("IP", lambda row: row.status.pod_ip, wide=True),
        Column("UID", lambda row: row.pod.uid, wide=True),
    ]
    return Listing(
        columns=columns,
        name=lambda row: row.pod.full_name if several else row.pod.name,
        nothing="There are no pods.",
        data=pod_data,
    )


def restarts(summary: Summary, now_ns: int) -> str:
    """How many, and how long ago the last one was; as `kubectl get pods` has it."""
    if not summary.restarts or not summary.restarted_ns:
        return str(summary.restarts)
    return f"{summary.restarts} ({age(summary.restarted_ns, now_ns)} ago)"


def _created_ns(status: v1.PodStatus) -> int:
    from datetime import datetime

    if not status.start_time:
        return 0
    moment = datetime.fromisoformat(status.start_time)
    return int(moment.timestamp()) * 10**9
