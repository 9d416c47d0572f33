"""How long a container that keeps ending has to wait.

The first restart is immediate, the next ones wait 10, 20, 40 ... 300 seconds, counted from the
moment at which the container ended.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_manager.go (doBackOff).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.status import ContainerState, PodStatus
from runtimes.core.pod.sync import Reason
from runtimes.kubelet.actions.hash import container_hash
from runtimes.kubelet.generate.metadata import full_name
from runtimes.kubelet.sync.durations import spell_seconds
from runtimes.kubelet.sync.steps import StepFailed

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.backoff import Backoff


def back_off_key(pod: v1.Pod, container: v1.Container | v1.EphemeralContainer) -> str:
    """A changed definition is another key, and starts afresh."""
    meta = pod.metadata
    parts = (meta.name, meta.namespace, meta.uid, container.name)
    return "_".join((*parts, f"{container_hash(container):x}"))


def check_crash_loop(
    pod: v1.Pod,
    container: v1.Container | v1.EphemeralContainer,
    status: PodStatus,
    backoff: Backoff,
) -> None:
    """Let a start pass and count it, or refuse it.

    Raises:
        StepFailed: CrashLoopBackOff, with the seconds still to wait.
    """
    ended = _latest_end(status, container.name)
    if ended is None:
        return
    key = back_off_key(pod, container)
    wait = backoff.wait_since(key, ended)
    if wait <= 0:
        backoff.advance(key, ended)
        return
    raise StepFailed(
        Reason.CRASH_LOOP_BACK_OFF,
        f"back-off {spell_seconds(backoff.wait_of(key))} restarting failed"
        f" container={container.name} pod={full_name(pod)}",
        wait,
    )


def _latest_end(status: PodStatus, container: str) -> float | None:
    """In seconds since the epoch; None when no attempt of it has ended."""
    for attempt in status.containers:
        if attempt.name == container and attempt.state is ContainerState.EXITED:
            return (attempt.finished_at_ns or attempt.created_at_ns) / 1e9
    return None
