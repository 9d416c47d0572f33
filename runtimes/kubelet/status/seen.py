"""A pod's status for those who don't drive it: what the runtime has, and what the driver knows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core.pod import v1
from runtimes.core.pod.probes import NO_PROBES
from runtimes.kubelet.status.pod import StatusInputs, pod_status

if TYPE_CHECKING:
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.kubelet.store.pods import PodStore


def status_from_outside(
    pod: v1.Pod, runtime: PodRuntime, store: PodStore, host_ip: str
) -> v1.PodStatus:
    """Look at a pod.

    Raises:
        Error: the runtime can't be asked.
    """
    meta = pod.metadata
    known = store.known(meta.uid)
    inputs = StatusInputs(
        observed=runtime.get_pod_status(meta.uid, meta.name, meta.namespace),
        now_ns=time.time_ns(),
        scheme=runtime.name,
        host_ip=host_ip,
        reasons=known.reasons if known else {},
        previous=v1.PodStatus(conditions=known.conditions) if known else None,
        probes=known.probes if known else NO_PROBES,
    )
    return pod_status(pod, inputs)


def previous_attempt(status: v1.PodStatus, container: str) -> str:
    """The id of the attempt that `logs --previous` means; empty when there is none.

    It is the last that has ended: the newest one itself while its restart is held back.

    Source: kubelet pkg/kubelet/kubelet_pods.go (validateContainerLogStatus).
    """
    every = (
        *status.init_container_statuses,
        *status.container_statuses,
        *status.ephemeral_container_statuses,
    )
    ended = next((one.last_state.terminated for one in every if one.name == container), None)
    return ended.container_id.partition("://")[2] if ended else ""
