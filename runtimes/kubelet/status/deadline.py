"""activeDeadlineSeconds: how long a pod may be active.

Source: kubelet pkg/kubelet/active_deadline.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.status.times import parse_seconds

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.kubelet.events import Recorder

REASON = "DeadlineExceeded"
MESSAGE = "Pod was active on the node longer than the specified deadline"


def deadline_left(pod: v1.Pod, now_ns: int) -> float | None:
    """Seconds until it has passed; None when the pod has no such limit."""
    limit = pod.spec.active_deadline_seconds
    started = parse_seconds(pod.metadata.creation_timestamp)
    if limit is None or started is None:
        return None
    return started + limit - now_ns / 1e9


def is_over(pod: v1.Pod, now_ns: int) -> bool:
    left = deadline_left(pod, now_ns)
    return left is not None and left <= 0


def tell(pod: v1.Pod, before: v1.PodStatus | None, now: v1.PodStatus, record: Recorder) -> None:
    """Tell of it when it passes: of a pod whose phase was another one at the last look."""
    if now.reason == REASON and before is not None and before.reason != REASON:
        record(
            Event(pod_uid=pod.metadata.uid, reason=EventReason.DEADLINE_EXCEEDED, message=MESSAGE)
        )
