"""Stop a pod: its containers all at once, then its sidecars, then its sandboxes.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainersWithSyncResult),
kuberuntime_manager.go (killPodWithSyncResult).
"""

from __future__ import annotations

import contextvars
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState
from runtimes.core.pod.sync import Action, Reason, SyncResult
from runtimes.kubelet.actions.restart import is_sidecar
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.generate.described import described_container
from runtimes.kubelet.generate.notes import read_annotations
from runtimes.kubelet.generic.stop import Stop, stop_container
from runtimes.kubelet.sync.grace import StopPlan, plan_of, plan_of_orphan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus, SandboxStatus
    from runtimes.kubelet.actions.model import ContainerKill
    from runtimes.kubelet.generic.containers import Containers
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
    """Stop everything; what fails is a result and doesn't keep the rest.

    Regular containers go all at once, then sidecars one by one, the last one first.
    """
    began = time.monotonic()
    running = [one for one in kill.containers if one.state in _TO_STOP]
    sidecars = _sidecars(kill.pod)
    first = [one for one in running if one.name not in sidecars]
    results = _all_at_once([_stop_of(node, kill, container) for container in first])
    last = sorted(
        (one for one in running if one.name in sidecars),
        key=lambda one: sidecars.index(one.name),
        reverse=True,
    )
    results.extend(_stop_of(node, kill, one, time.monotonic() - began)() for one in last)
    results.extend(_stop_sandbox(node.containers, kill.uid, one.id) for one in kill.sandboxes)
    return results


def kill_container(node: Node, pod: v1.Pod, kill: ContainerKill) -> None:
    """Stop one container that has to go, with the grace that its reason gives."""
    node.tell(pod, EventReason.KILLING, kill.message, container=kill.name)
    plan = plan_of(pod, kill.container, kill.reason)
    spec = kill.container or _described(node.containers, kill.id, kill.name)
    stop = Stop(uid=pod.metadata.uid, id=kill.id, container=spec, plan=plan, ips=kill.ips)
    stop_container(node, stop)


def _sidecars(pod: v1.Pod | None) -> list[str]:
    """Their names, in the order of their starts."""
    if pod is None:
        return []
    return [one.name for one in pod.spec.init_containers if is_sidecar(one)]


def _stop_of(
    node: Node, kill: PodKill, container: ContainerStatus, spent: float = 0.0
) -> Callable[[], SyncResult]:
    def stop() -> SyncResult:
        try:
            if kill.pod is not None:
                message = f"Stopping container {container.name}"
                node.tell(kill.pod, EventReason.KILLING, message, container=container.name)
            stop_container(node, _plan(node.containers, kill, container, spent))
        except errors.Error as error:
            return _failure(Action.KILL_CONTAINER, container.name, error)
        return SyncResult(Action.KILL_CONTAINER, container.name)

    return stop


def _plan(containers: Containers, kill: PodKill, container: ContainerStatus, spent: float) -> Stop:
    if kill.pod is not None:
        spec = _spec_of(kill.pod, container.name)
        plan = plan_of(kill.pod, spec, override=kill.grace_period)
    else:
        spec, plan = _from_annotations(containers, container, kill.grace_period)
    ips = next((one.ips for one in kill.sandboxes if one.ips), ())
    return Stop(uid=kill.uid, id=container.id, container=spec, plan=plan, ips=ips, spent=spent)


def _spec_of(pod: v1.Pod, name: str) -> v1.Container | v1.EphemeralContainer | None:
    spec = pod.spec
    every: tuple[v1.Container | v1.EphemeralContainer, ...] = (
        *spec.containers,
        *spec.init_containers,
        *spec.ephemeral_containers,
    )
    return next((one for one in every if one.name == name), None)


def _from_annotations(
    containers: Containers, container: ContainerStatus, override: int | None
) -> tuple[v1.Container | None, StopPlan]:
    try:
        annotations = containers.annotations(container.id, container.name)
    except errors.NotFound:
        return None, plan_of_orphan(None, None, override)
    notes = read_annotations(annotations)
    plan = plan_of_orphan(notes.deletion_grace_period, notes.termination_grace_period, override)
    return described_container(container.name, annotations), plan


def _described(containers: Containers, container_id: str, name: str) -> v1.Container | None:
    """From its annotations, for a container that no manifest has any more."""
    try:
        annotations = containers.annotations(container_id, name)
    except errors.NotFound:
        return None
    return described_container(name, annotations)


def _stop_sandbox(containers: Containers, uid: str, sandbox_id: str) -> SyncResult:
    try:
        containers.stop_sandbox(sandbox_id)
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
