"""By which kubelet's rules pods on an Engine are decided.

1.4     the era's own, for pods that need no later ones
1.22    those of all other backends, and of what `diff` foresees
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy.pod.changes import (
    compute_pod_container_changes,
    needs_later_rules,
    to_actions,
)
from runtimes.kubelet.actions.compute import compute_pod_actions

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.probes import ProbeResults
    from runtimes.core.pod.status import PodStatus
    from runtimes.kubelet.actions.model import PodActions
    from runtimes.kubelet.sync.pod import Decide


def _as_of_1_4(pod: v1.Pod, status: PodStatus, probes: ProbeResults) -> PodActions:
    if needs_later_rules(pod) or pod.metadata.deletion_timestamp:
        return compute_pod_actions(pod, status, probes)
    return to_actions(pod, status, compute_pod_container_changes(pod, status, probes), probes)


RULES: dict[str, Decide] = {"1.4": _as_of_1_4, "1.22": compute_pod_actions}
