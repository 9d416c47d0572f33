"""What a pod's status tells a workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.status.times import parse_seconds
from runtimes.kubelet.workloads.model import Known

if TYPE_CHECKING:
    from runtimes.core.pod import v1


def known_of(pod: v1.Pod, status: v1.PodStatus) -> Known:
    """Sum it up; a pod is ready since its last container started, at the earliest."""
    regular = status.container_statuses
    ended = [one.state.terminated.finished_at for one in regular if one.state.terminated]
    return Known(
        phase=status.phase,
        restarts=sum(one.restart_count or 0 for one in (*status.init_container_statuses, *regular)),
        created_at=parse_seconds(pod.metadata.creation_timestamp) or 0.0,
        ready_since=_ready_since(status),
        finished_at=max((parse_seconds(time) or 0.0 for time in ended), default=0.0),
    )


def _ready_since(status: v1.PodStatus) -> float | None:
    ready = [one for one in status.conditions if one.type == "Ready" and one.status == "True"]
    if not ready:
        return None
    running = [one.state.running for one in status.container_statuses if one.state.running]
    times = [ready[0].last_transition_time, *(one.started_at for one in running)]
    return max(parse_seconds(time) or 0.0 for time in times)
