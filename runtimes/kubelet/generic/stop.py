"""Stop one container: its preStop hook, then the signal, then, after the grace, the kill.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.hooks.run import HookTarget, run_hook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.pod import v1
    from runtimes.kubelet.generic.node import Node
    from runtimes.kubelet.sync.grace import StopPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One container's stop.

    Attributes:
        container: as its pod, or at least its annotations, describe it; None when neither does.
        ips: of the pod, primary first.
        spent: seconds of the grace that are over already.
    """

    uid: str
    id: str
    container: v1.Container | v1.EphemeralContainer | None
    plan: StopPlan
    ips: Sequence[str] = ()
    spent: float = 0.0


def stop_container(node: Node, stop: Stop) -> None:
    """Do it. Idempotent; a hook that fails is told and keeps nothing.

    Raises:
        Error: the container couldn't be stopped.
    """
    began = time.monotonic()
    _pre_stop(node, stop)
    spent = stop.spent + time.monotonic() - began
    node.containers.stop(stop.id, stop.plan.timeout(spent))


def _pre_stop(node: Node, stop: Stop) -> None:
    container = stop.container
    hook = container.lifecycle.pre_stop if container and container.lifecycle else None
    left = stop.plan.grace - stop.spent
    if container is None or hook is None or left <= 0:
        return
    try:
        run_hook(hook, hook_target(node, container, stop.id, stop.ips), left)
    except errors.Error as error:
        event = Event(
            pod_uid=stop.uid,
            reason=EventReason.FAILED_PRE_STOP_HOOK,
            message=f"PreStopHook failed: {error}",
            container=container.name,
            warning=True,
        )
        node.around.record(event)


def hook_target(
    node: Node,
    container: v1.Container | v1.EphemeralContainer,
    container_id: str,
    ips: Sequence[str],
) -> HookTarget:
    """Say what a hook of this container acts on."""
    return HookTarget(
        container=container,
        pod_ip=ips[0] if ips else node.config.host_ip,
        exec=partial(node.containers.exec, container_id),
        runs=partial(node.containers.runs, container_id),
    )
