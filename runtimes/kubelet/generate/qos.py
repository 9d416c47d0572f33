"""A pod's quality of service, and who dies first when memory runs out.

Source: kubelet pkg/apis/core/v1/helper/qos, pkg/kubelet/qos/policy.go.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from runtimes.kubelet.generate import amounts

if TYPE_CHECKING:
    from runtimes.core.pod import v1

_GUARANTEED_SCORE = -997
_BEST_EFFORT_SCORE = 1000
_NODE_CRITICAL = "system-node-critical"


class Qos(StrEnum):
    GUARANTEED = "Guaranteed"
    BURSTABLE = "Burstable"
    BEST_EFFORT = "BestEffort"


def pod_qos(pod: v1.Pod) -> Qos:
    """Guaranteed: limits everywhere, and requests equal to them; BestEffort: nothing anywhere."""
    resources = [c.resources for c in (*pod.spec.containers, *pod.spec.init_containers)]
    if not any(_compute(r.requests) or _compute(r.limits) for r in resources):
        return Qos.BEST_EFFORT
    guaranteed = all(_is_guaranteed(requirements) for requirements in resources)
    return Qos.GUARANTEED if guaranteed else Qos.BURSTABLE


def _compute(given: dict[str, str]) -> dict[str, int]:
    """Keep CPU and memory that are asked for, in thousandths."""
    read = {name: amounts.milli(given[name]) for name in ("cpu", "memory") if name in given}
    return {name: amount for name, amount in read.items() if amount}


def _is_guaranteed(resources: v1.ResourceRequirements) -> bool:
    limits = _compute(resources.limits)
    requests = {**limits, **_compute(resources.requests)}
    return len(limits) == 2 and limits == requests


def oom_score_adj(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, memory_capacity_bytes: int
) -> int:
    """Between -997 for what must live and 1000 for what may die first."""
    qos = pod_qos(pod)
    if pod.spec.priority_class_name == _NODE_CRITICAL or qos is Qos.GUARANTEED:
        return _GUARANTEED_SCORE
    if qos is Qos.BEST_EFFORT:
        return _BEST_EFFORT_SCORE
    resources = container.resources
    requested = resources.requests.get("memory") or resources.limits.get("memory")
    if not requested:
        return _BEST_EFFORT_SCORE - 1
    score = 1000 - 1000 * amounts.units(requested) // memory_capacity_bytes
    lowest = 1000 + _GUARANTEED_SCORE
    return min(max(score, lowest), _BEST_EFFORT_SCORE - 1)
