"""End an rkt pod: hooks first, then SIGTERM, and after the grace SIGKILL; always all of it.

Source: kubelet 1.4 pkg/kubelet/rkt/rkt.go (KillPod, runPreStopHook).
"""

from __future__ import annotations

import contextvars
import time
from concurrent.futures import ThreadPoolExecutor
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
from runtimes.rkt_stub.pod.exec import exec_in
from runtimes.rkt_stub.pod.incarnation import Incarnation, incarnations
from runtimes.rkt_stub.stop import stop_pod

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import ContainerStatus
    from runtimes.rkt_stub.pod.node import RktNode
    from runtimes.rkt_stub.program.shapes import App


@dataclass(frozen=True, slots=True)
class PodKill:
    """`pod` None means that its manifest is lost: what is needed is in rkt's own."""

    pod: v1.Pod | None
    uid: str
    grace_period: int | None = None


@dataclass(frozen=True, slots=True)
class _Ending:
    container: v1.Container | v1.EphemeralContainer
    status: ContainerStatus
    plan: StopPlan
    ips: tuple[str, ...]


def kill_pod(node: RktNode, kill: PodKill) -> list[SyncResult]:
    """End every rkt pod of it that runs; failures are results."""
    running = [one for one in incarnations(node.rkt, node.config.root, kill.uid) if one.running]
    return [result for one in running for result in _kill(node, kill, one)]


def _kill(node: RktNode, kill: PodKill, one: Incarnation) -> list[SyncResult]:
    began = time.monotonic()
    endings = _endings(kill, one)
    names = [ending.status.name for ending in endings]
    _tell(node, kill, names)
    _hooks(node, kill.uid, endings)
    plan = max(
        (ending.plan for ending in endings), key=lambda plan: plan.grace, default=StopPlan(2, 2)
    )
    try:
        stop_pod(node.rkt, one.uuid, plan.timeout(time.monotonic() - began))
    except errors.Error as error:
        reason = Reason.KILL_POD_SANDBOX_ERROR
        return [SyncResult(Action.KILL_POD_SANDBOX, kill.uid, reason, str(error), cause=error)]
    return [
        *(SyncResult(Action.KILL_CONTAINER, name) for name in names),
        SyncResult(Action.KILL_POD_SANDBOX, kill.uid),
    ]


def _endings(kill: PodKill, one: Incarnation) -> list[_Ending]:
    ips = one.sandbox.ips
    running = [
        (app, status)
        for app, status in zip(one.pod.get("apps") or (), one.containers(), strict=True)
        if status.state is ContainerState.RUNNING
    ]
    return [_ending(kill, app, status, ips) for app, status in running]


def _ending(kill: PodKill, app: App, status: ContainerStatus, ips: tuple[str, ...]) -> _Ending:
    told = app.get("user_annotations") or {}
    if kill.pod is not None:
        every = (*kill.pod.spec.containers, *kill.pod.spec.init_containers)
        known = next((one for one in every if one.name == status.name), None)
        plan = plan_of(kill.pod, known, override=kill.grace_period)
        return _Ending(known or described_container(status.name, told), status, plan, ips)
    notes = read_annotations(told)
    plan = plan_of_orphan(
        notes.deletion_grace_period, notes.termination_grace_period, kill.grace_period
    )
    return _Ending(described_container(status.name, told), status, plan, ips)


def _tell(node: RktNode, kill: PodKill, names: list[str]) -> None:
    if kill.pod is not None:
        for name in names:
            message = f"Stopping container {name}"
            node.tell(kill.pod, EventReason.KILLING, message, container=name)


def _hooks(node: RktNode, uid: str, endings: list[_Ending]) -> None:
    """Run all preStop hooks at once."""
    hooked = [one for one in endings if one.container.lifecycle and one.plan.grace > 0]
    if not hooked:
        return
    with ThreadPoolExecutor(len(hooked)) as pool:
        for one in hooked:
            pool.submit(contextvars.copy_context().run, _pre_stop, node, uid, one)


def _pre_stop(node: RktNode, uid: str, ending: _Ending) -> None:
    lifecycle = ending.container.lifecycle
    hook = lifecycle.pre_stop if lifecycle else None
    if hook is None:
        return
    try:
        run_hook(
            hook,
            hook_target(node, ending.container, ending.status.id, ending.ips),
            ending.plan.grace,
        )
    except errors.Error as error:
        node.around.record(
            Event(
                pod_uid=uid,
                reason=EventReason.FAILED_PRE_STOP_HOOK,
                message=f"PreStopHook failed: {error}",
                container=ending.container.name,
                warning=True,
            )
        )


def hook_target(
    node: RktNode,
    container: v1.Container | v1.EphemeralContainer,
    container_id: str,
    ips: tuple[str, ...],
) -> HookTarget:
    """Say what a hook of this container acts on."""
    return HookTarget(
        container=container,
        pod_ip=ips[0] if ips else node.config.host_ip,
        exec=partial(exec_in, node, container_id),
        runs=partial(_runs, node, container_id),
    )


def _runs(node: RktNode, container_id: str) -> bool:
    uuid = container_id.partition(":")[0]
    found = [one for one in incarnations(node.rkt, node.config.root) if one.uuid == uuid]
    return any(
        status.id == container_id and status.state is ContainerState.RUNNING
        for one in found
        for status in one.containers()
    )
