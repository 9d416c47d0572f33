"""Stop containers with their grace, and pods: all containers at once, the infra container last.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go (killPodWithSyncResult,
killContainer).
"""

from __future__ import annotations

import contextvars
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.pod.status import ContainerState
from runtimes.core.pod.sync import Action, Reason, SyncResult
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.generate.described import described_container
from runtimes.kubelet.generate.notes import read_annotations
from runtimes.kubelet.hooks.run import HookTarget, run_hook
from runtimes.kubelet.sync.grace import StopPlan, plan_of, plan_of_orphan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus, SandboxStatus
    from runtimes.docker_legacy.pod.node import DockerNode

_TO_STOP = {ContainerState.RUNNING, ContainerState.UNKNOWN}
INFRA_GRACE = 2


@dataclass(frozen=True, slots=True)
class PodKill:
    """What to stop of which pod; `pod` None means that its manifest is lost."""

    pod: v1.Pod | None
    uid: str
    containers: Sequence[ContainerStatus]
    sandboxes: Sequence[SandboxStatus]
    grace_period: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One container's stop; `container` None when nobody knows its hooks."""

    uid: str
    id: str
    container: v1.Container | v1.EphemeralContainer | None
    plan: StopPlan
    ips: Sequence[str] = ()


def kill_pod(node: DockerNode, kill: PodKill) -> list[SyncResult]:
    """Stop everything; what fails is a result and doesn't keep the rest."""
    running = [one for one in kill.containers if one.state in _TO_STOP]
    results: list[SyncResult] = []
    if running:
        with ThreadPoolExecutor(len(running)) as pool:
            stops = [
                pool.submit(contextvars.copy_context().run, _kill_one, node, kill, one)
                for one in running
            ]
            results = [stop.result() for stop in stops]
    return results + [_stop_infra(node, kill.uid, one.id) for one in kill.sandboxes if one.ready]


def stop_container(node: DockerNode, stop: Stop) -> None:
    """Run the preStop hook, then stop within what it left of the grace. Idempotent."""
    began = time.monotonic()
    _pre_stop(node, stop)
    with suppress(errors.NotFound):
        node.docker.stop_container(stop.id, stop.plan.timeout(time.monotonic() - began))


def hook_target(
    node: DockerNode,
    container: v1.Container | v1.EphemeralContainer,
    container_id: str,
    ips: Sequence[str],
) -> HookTarget:
    return HookTarget(
        container=container,
        pod_ip=ips[0] if ips else node.config.host_ip,
        exec=partial(node.commands.exec, container_id),
        runs=lambda: node.docker.inspect_container(container_id)["State"]["Running"],
    )


def _kill_one(node: DockerNode, kill: PodKill, one: ContainerStatus) -> SyncResult:
    try:
        stop = _stop_of(node, kill, one)
        if kill.pod is not None:
            message = f"Stopping container {one.name}"
            node.tell(kill.pod, EventReason.KILLING, message, container=one.name)
        stop_container(node, stop)
    except errors.Error as error:
        reason = Reason.KILL_CONTAINER_ERROR
        return SyncResult(Action.KILL_CONTAINER, one.name, reason, str(error), cause=error)
    return SyncResult(Action.KILL_CONTAINER, one.name)


def _stop_of(node: DockerNode, kill: PodKill, one: ContainerStatus) -> Stop:
    ips = next((sandbox.ips for sandbox in kill.sandboxes if sandbox.ips), ())
    if kill.pod is not None:
        spec = kill.pod.spec
        every: tuple[v1.Container | v1.EphemeralContainer, ...]
        every = (*spec.containers, *spec.init_containers, *spec.ephemeral_containers)
        known = next((each for each in every if each.name == one.name), None)
        plan = plan_of(kill.pod, known, override=kill.grace_period)
        return Stop(uid=kill.uid, id=one.id, container=known, plan=plan, ips=ips)
    try:
        noted = node.docker.inspect_container(one.id)["Config"].get("Labels") or {}
    except errors.NotFound:
        noted = {}
    notes = read_annotations(noted)
    plan = plan_of_orphan(
        notes.deletion_grace_period, notes.termination_grace_period, kill.grace_period
    )
    container = described_container(one.name, noted)
    return Stop(uid=kill.uid, id=one.id, container=container, plan=plan, ips=ips)


def _pre_stop(node: DockerNode, stop: Stop) -> None:
    container = stop.container
    hook = container.lifecycle.pre_stop if container and container.lifecycle else None
    if container is None or hook is None or stop.plan.grace <= 0:
        return
    try:
        run_hook(hook, hook_target(node, container, stop.id, stop.ips), stop.plan.grace)
    except errors.Error as error:
        event = Event(
            pod_uid=stop.uid,
            reason=EventReason.FAILED_PRE_STOP_HOOK,
            message=f"PreStopHook failed: {error}",
            container=container.name,
            warning=True,
        )
        node.around.record(event)


def _stop_infra(node: DockerNode, uid: str, infra_id: str) -> SyncResult:
    try:
        with suppress(errors.NotFound):
            node.docker.stop_container(infra_id, INFRA_GRACE)
    except errors.Error as error:
        reason = Reason.KILL_POD_SANDBOX_ERROR
        return SyncResult(Action.KILL_POD_SANDBOX, uid, reason, str(error), cause=error)
    return SyncResult(Action.KILL_POD_SANDBOX, uid)
