"""A pod in four words, as `kubectl get pods` has them.

Source: kubernetes pkg/printers/internalversion/printers.go (printPod).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    """

    ready: int
    total: int
    status: str
    restarts: int


def summarise(pod: v1.Pod, status: v1.PodStatus) -> Summary:
    """Say how a pod is."""
    total = len(pod.spec.containers)
    ready = sum(bool(c.ready and c.state.running) for c in status.container_statuses)
    initializing = _init_status(pod, status)
    if initializing:
        restarts = _restarts(status.init_container_statuses)
        word = initializing
    else:
        restarts = _restarts(status.container_statuses)
        word = _regular_status(status)
    if pod.metadata.deletion_timestamp and status.phase not in _ENDED:
        word = "Terminating"
    return Summary(ready, total, word, restarts)


def _restarts(statuses: tuple[v1.ContainerStatus, ...]) -> int:
    return sum(status.restart_count or 0 for status in statuses)


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
