"""What applying a pod would do to what runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.pod.status import PodStatus
from runtimes.kubelet.actions.foresee import Foreseen, foresee

if TYPE_CHECKING:
    from runtimes.client.runtime import Runtime
    from runtimes.core.pod import v1

__all__ = ["Foreseen", "foreseen"]


def foreseen(runtime: Runtime, pod: v1.Pod) -> Foreseen:
    """Compare a pod with its record and its containers; nothing is changed."""
    namespace, name = pod.metadata.namespace, pod.metadata.name
    recorded = runtime.store.get(namespace, name)
    if recorded is None:
        return foresee(pod, None, PodStatus(uid="", name=name, namespace=namespace))
    status = runtime.backend_runtime.get_pod_status(recorded.metadata.uid, name, namespace)
    here = runtime.pod(recorded.metadata.uid)
    if recorded.metadata.deletion_timestamp and not here.running:
        return foresee(pod, None, status)
    return foresee(pod, recorded, status, ended=here.phase in {"Succeeded", "Failed"})
