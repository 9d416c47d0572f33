"""The labels and annotations by which a kubelet knows its containers again.

Source: kubelet pkg/kubelet/kuberuntime/labels.go.
"""

from __future__ import annotations

import msgspec

from runtimes.core import labels
from runtimes.core.pod import v1
from runtimes.kubelet.actions.hash import definition_hash


def full_name(pod: v1.Pod) -> str:
    """Name a pod as kubelet's messages do."""
    meta = pod.metadata
    return f"{meta.name}_{meta.namespace}({meta.uid})"


def pod_labels(pod: v1.Pod) -> dict[str, str]:
    """A sandbox's labels: the pod's own, and who it is."""
    meta = pod.metadata
    return {**meta.labels, **labels.of_pod(meta.name, meta.namespace, meta.uid)}


def container_labels(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer
) -> dict[str, str]:
    meta = pod.metadata
    return labels.of_container(container.name, labels.of_pod(meta.name, meta.namespace, meta.uid))


def container_annotations(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, attempt: int
) -> dict[str, str]:
    """All that is needed to stop the container when its pod's manifest is lost."""
    annotations = {
        labels.CONTAINER_HASH: f"{definition_hash(pod, container):x}",
        labels.CONTAINER_RESTART_COUNT: str(attempt),
        labels.CONTAINER_TERMINATION_MESSAGE_PATH: container.termination_message_path,
        labels.CONTAINER_TERMINATION_MESSAGE_POLICY: container.termination_message_policy,
    }
    deletion = pod.metadata.deletion_grace_period_seconds
    if deletion is not None:
        annotations[labels.POD_DELETION_GRACE_PERIOD] = str(deletion)
    termination = pod.spec.termination_grace_period_seconds
    if termination is not None:
        annotations[labels.POD_TERMINATION_GRACE_PERIOD] = str(termination)
    if container.lifecycle is not None and container.lifecycle.pre_stop is not None:
        hook = v1.to_json(container.lifecycle.pre_stop)
        annotations[labels.CONTAINER_PRE_STOP_HANDLER] = hook.decode()
    if container.ports:
        ports = msgspec.json.encode(container.ports)
        annotations[labels.CONTAINER_PORTS] = ports.decode()
    return annotations
