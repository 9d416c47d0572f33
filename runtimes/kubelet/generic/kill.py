"""Stop a pod: its containers all at once, then its sandboxes.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainersWithSyncResult),
kuberuntime_manager.go (killPodWithSyncResult).
"""

from __future__ import annotations

import contextvars
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState
from runtimes.core.pod.sync import Action, Reason, SyncResult
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.notes import read_annotations
from runtimes.kubelet.sync.grace import StopPlan, plan_of, plan_of_orphan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from runtimes.core.cri.services import CriService
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus, SandboxStatus
    from runtimes.kubelet.actions.model import ContainerKill
    from runtimes.kubelet.generic.node import Node

_TO_STOP = {ContainerState.RUNNING, ContainerState.UNKNOWN}


@dataclass(frozen=True, slots=True)
class PodKill:
    """What to stop of which pod; `pod` None means that its manifest is lost."""

    pod: v1.Pod | None
    uid: str
    containers: Sequence[ContainerStatus]
    sandboxes: Sequence[SandboxStatus]
    grace_period: int | None = None


def kill_pod(node: Node, kill: PodKill) -> list[SyncResult]:
    """Stop everything; what fails is a result and doesn't keep the rest."""
    running = [one for one in kill.containers if one.state in _TO_STOP]
    results = _all_at_once([_stop_of(node, kill, container) for container in running])
    results.extend(_stop_sandbox(node.service, kill.uid, one.id) for one in kill.sandboxes)
    return results


def kill_container(node: Node, pod: v1.Pod, kill: ContainerKill) -> None:
    """Stop one container that has to go, with the grace that its reason gives."""
    node.tell(pod, EventReason.KILLING, kill.message, container=kill.name)
    plan = plan_of(pod, kill.container, kill.reason)
    node.service.stop_container(kill.id, plan.timeout())


def _stop_of(node: Node, kill: PodKill, container: ContainerStatus) -> Callable[[], SyncResult]:
    def stop() -> SyncResult:
        try:
            plan = _plan(node.service, kill, container)
            if kill.pod is not None:
                message = f"Stopping container {container.name}"
                node.tell(kill.pod, EventReason.KILLING, message, container=container.name)
            node.service.stop_container(container.id, plan.timeout())
        except errors.Error as error:
            return _failure(Action.KILL_CONTAINER, container.name, error)
        return SyncResult(Action.KILL_CONTAINER, container.name)

    return stop


def _plan(service: CriService, kill: PodKill, container: ContainerStatus) -> StopPlan:
    if kill.pod is not None:
        spec = next((c for c in kill.pod.spec.containers if c.name == container.name), None)
        return plan_of(kill.pod, spec, override=kill.grace_period)
    try:
        status = service.container_status(container.id).status
    except errors.NotFound:
        return plan_of_orphan(None, None, kill.grace_period)
    notes = read_annotations(status.annotations)
    return plan_of_orphan(
        notes.deletion_grace_period, notes.termination_grace_period, kill.grace_period
    )


def _stop_sandbox(service: CriService, uid: str, sandbox_id: str) -> SyncResult:
    try:
        service.stop_pod_sandbox(sandbox_id)
    except errors.Error as error:
        return _failure(Action.KILL_POD_SANDBOX, uid, error)
    return SyncResult(Action.KILL_POD_SANDBOX, uid)


def _failure(action: Action, target: str, error: errors.Error) -> SyncResult:
    reasons = {
        Action.KILL_CONTAINER: Reason.KILL_CONTAINER_ERROR,
        Action.KILL_POD_SANDBOX: Reason.KILL_POD_SANDBOX_ERROR,
    }
    return SyncResult(action, target, reasons[action], str(error), cause=error)


def _all_at_once(stops: Sequence[Callable[[], SyncResult]]) -> list[SyncResult]:
    """Run all in threads of their own, each with the caller's deadline; the last one here."""
    results: list[SyncResult | None] = [None] * len(stops)

    def run(index: int) -> None:
        results[index] = stops[index]()

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(run, index), daemon=True)
        for index in range(len(stops) - 1)
    ]
    for thread in threads:
        thread.start()
    if stops:
        run(len(stops) - 1)
    _join(threads)
    return [result for result in results if result is not None]


def _join(threads: Iterable[threading.Thread]) -> None:
    for thread in threads:
        thread.join()
