"""A pod in four words, as `kubectl get pods` has them.

Source: kubernetes pkg/printers/internalversion/printers.go (printPod).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.kubelet.status.times import parse_seconds

if TYPE_CHECKING:
    from runtimes.core.pod import v1


_ENDED = {"Succeeded", "Failed"}


@dataclass(frozen=True, slots=True)
class Summary:
    """What a row of a table says.

    Attributes:
        ready: containers that are.
        total: containers that the pod has.
        status: one word, e.g. ``Running``, ``Completed``, ``CrashLoopBackOff``, ``Init:0/1``.
        restarts: of all containers, or of the init containers while those run.
        restarted_ns: when the last attempt ended that another one followed; 0 if none did.
    """

    ready: int
    total: int
    status: str
    restarts: int
    restarted_ns: int = 0


def summarise(pod: v1.Pod, status: v1.PodStatus) -> Summary:
    """Say how a pod is."""
    total = len(pod.spec.containers)
    ready = sum(bool(c.ready and c.state.running) for c in status.container_statuses)
    initializing = _init_status(pod, status)
    if initializing:
        counted = status.init_container_statuses
        word = initializing
    else:
        counted = status.container_statuses
        word = _regular_status(status)
    if pod.metadata.deletion_timestamp and status.phase not in _ENDED:
        word = "Terminating"
    restarts = sum(one.restart_count or 0 for one in counted)
    return Summary(ready, total, word, restarts, _restarted_ns(counted))


def _restarted_ns(statuses: tuple[v1.ContainerStatus, ...]) -> int:
    ends = (one.last_state.terminated for one in statuses)
    seconds = (parse_seconds(end.finished_at) or 0.0 for end in ends if end is not None)
    return int(max(seconds, default=0.0) * 10**9)


def _init_status(pod: v1.Pod, status: v1.PodStatus) -> str:
    total = len(pod.spec.init_containers)
    for index, container in enumerate(status.init_container_statuses):
        ended, waiting = container.state.terminated, container.state.waiting
        if ended is not None and not ended.exit_code:
            continue
        if ended is not None:
            return f"Init:{ended.reason or _code(ended)}"
        if waiting is not None and waiting.reason not in {"", "PodInitializing"}:
            return f"Init:{waiting.reason}"
        return f"Init:{index}/{total}"
    return ""


def _regular_status(status: v1.PodStatus) -> str:
    word = status.reason or status.phase or "Unknown"
    running = False
    for container in reversed(status.container_statuses):
        ended, waiting = container.state.terminated, container.state.waiting
        if waiting is not None and waiting.reason:
            word = waiting.reason
        elif ended is not None:
            word = ended.reason or _code(ended)
        elif container.state.running is not None and container.ready:
            running = True
    if word == "Completed" and running:
        return "Running"
    return word


def _code(ended: v1.ContainerStateTerminated) -> str:
    return f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code or 0}"
