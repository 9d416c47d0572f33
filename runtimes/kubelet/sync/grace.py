"""How long a container may take to end.

The pod's deletion grace, or its spec's, or a failed probe's own; at least 2 seconds for a restart
in place. An override, which deletion and eviction always give, counts as it is. A preStop hook
takes its time out of the grace, and so does the wait of a sidecar for the regular containers.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer,
setTerminationGracePeriod).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.kubelet.actions.model import KillReason

if TYPE_CHECKING:
    from runtimes.core.pod import v1

MINIMUM = 2


@dataclass(frozen=True, slots=True)
class StopPlan:
    """The whole grace in seconds, and the least that a hook has to leave of it."""

    grace: int
    floor: int

    def timeout(self, spent: float = 0.0) -> int:
        """Seconds between the stop signal and the kill, after `spent` on hooks and waiting."""
        return max(self.floor, self.grace - int(spent))


def plan_of(
    pod: v1.Pod,
    container: v1.Container | v1.EphemeralContainer | None,
    reason: KillReason | None = None,
    override: int | None = None,
) -> StopPlan:
    """Plan the stop of one container of a pod whose manifest is known."""
    if override is not None:
        return _overridden(override)
    deletion = pod.metadata.deletion_grace_period_seconds
    if deletion is not None:
        return _floored(deletion)
    termination = _of_probe(container, reason)
    if termination is None:
        termination = pod.spec.termination_grace_period_seconds
    return _floored(termination)


def plan_of_orphan(
    deletion: int | None, termination: int | None, override: int | None = None
) -> StopPlan:
    """Plan it for a lost manifest, from what the container's annotations kept."""
    if override is not None:
        return _overridden(override)
    return _floored(termination if deletion is None else deletion)


def _overridden(grace: int) -> StopPlan:
    """As asked; a hook that takes it all still leaves what a container needs to see its signal."""
    return StopPlan(max(0, grace), min(MINIMUM, max(0, grace)))


def _floored(grace: int | None) -> StopPlan:
    return StopPlan(max(MINIMUM, grace if grace is not None else MINIMUM), MINIMUM)


def _of_probe(
    container: v1.Container | v1.EphemeralContainer | None, reason: KillReason | None
) -> int | None:
    if container is None:
        return None
    probes = {
        KillReason.LIVENESS_PROBE: container.liveness_probe,
        KillReason.STARTUP_PROBE: container.startup_probe,
    }
    probe = probes.get(reason) if reason is not None else None
    return None if probe is None else probe.termination_grace_period_seconds
