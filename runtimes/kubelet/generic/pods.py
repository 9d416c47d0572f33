"""GetPods: which pods a CRI service has, by their labels.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_manager.go (GetPods).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from runtimes.core import labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import RunningPod
from runtimes.kubelet.generic import convert

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.cri.services import CriService

_READY = cri.PodSandboxFilter(state=cri.PodSandboxStateValue(state=cri.SANDBOX_READY))
_RUNNING = cri.ContainerFilter(state=cri.ContainerStateValue(state=cri.CONTAINER_RUNNING))


def get_pods(service: CriService, *, include_exited: bool) -> list[RunningPod]:
    """List them, newest first; what has no pod's labels belongs to someone else."""
    sandboxes = service.list_pod_sandbox(None if include_exited else _READY)
    containers = service.list_containers(None if include_exited else _RUNNING)
    sandboxes_of: dict[str, list[cri.PodSandbox]] = defaultdict(list)
    containers_of: dict[str, list[cri.Container]] = defaultdict(list)
    for sandbox in sandboxes:
        uid = sandbox.metadata.uid or sandbox.labels.get(labels.POD_UID, "")
        sandboxes_of[uid].append(sandbox)
    for container in containers:
        containers_of[container.labels.get(labels.POD_UID, "")].append(container)
    uids = {*sandboxes_of, *containers_of} - {""}
    pods = [_pod(uid, sandboxes_of.get(uid, []), containers_of.get(uid, [])) for uid in uids]
    return sorted(pods, key=lambda pod: (pod.created_at_ns, pod.uid), reverse=True)


def _pod(uid: str, sandboxes: list[cri.PodSandbox], containers: list[cri.Container]) -> RunningPod:
    sandboxes.sort(key=lambda one: (one.created_at, one.metadata.attempt), reverse=True)
    containers.sort(key=lambda one: (one.created_at, one.metadata.attempt), reverse=True)
    who: Mapping[str, str] = sandboxes[0].labels if sandboxes else containers[0].labels
    name, namespace = who.get(labels.POD_NAME, ""), who.get(labels.POD_NAMESPACE, "")
    if sandboxes and not name:
        name, namespace = sandboxes[0].metadata.name, sandboxes[0].metadata.namespace
    created = [one.created_at for one in sandboxes] + [one.created_at for one in containers]
    return RunningPod(
        uid=uid,
        name=name,
        namespace=namespace,
        created_at_ns=min(created),
        containers=tuple(convert.from_cri_container(one) for one in containers),
        sandboxes=tuple(convert.from_cri_sandbox(one) for one in sandboxes),
        labels=dict(sandboxes[0].labels) if sandboxes else {},
        annotations=dict(sandboxes[0].annotations) if sandboxes else {},
    )
