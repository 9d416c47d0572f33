"""Keys that the field agreed upon: io.kubernetes.* labels and annotations, and Docker's variants.

Source: kubelet pkg/kubelet/types/labels.go, kuberuntime/labels.go, dockershim/docker_service.go.
"""

from __future__ import annotations

from typing import Final

POD_NAME: Final = "io.kubernetes.pod.name"
POD_NAMESPACE: Final = "io.kubernetes.pod.namespace"
POD_UID: Final = "io.kubernetes.pod.uid"
CONTAINER_NAME: Final = "io.kubernetes.container.name"

POD_DELETION_GRACE_PERIOD: Final = "io.kubernetes.pod.deletionGracePeriod"
POD_TERMINATION_GRACE_PERIOD: Final = "io.kubernetes.pod.terminationGracePeriod"
CONTAINER_HASH: Final = "io.kubernetes.container.hash"
CONTAINER_RESTART_COUNT: Final = "io.kubernetes.container.restartCount"
CONTAINER_TERMINATION_MESSAGE_PATH: Final = "io.kubernetes.container.terminationMessagePath"
CONTAINER_TERMINATION_MESSAGE_POLICY: Final = "io.kubernetes.container.terminationMessagePolicy"
CONTAINER_PRE_STOP_HANDLER: Final = "io.kubernetes.container.preStopHandler"
CONTAINER_PORTS: Final = "io.kubernetes.container.ports"

POD_DATA: Final = "io.kubernetes.pod.data"
"""The whole pod as JSON; only before the CRI, and only with a PreStop hook."""

CONFIG_HASH: Final = "kubernetes.io/config.hash"
CONFIG_SOURCE: Final = "kubernetes.io/config.source"
CONFIG_SEEN: Final = "kubernetes.io/config.seen"
CONFIG_MIRROR: Final = "kubernetes.io/config.mirror"

DOCKER_TYPE: Final = "io.kubernetes.docker.type"
DOCKER_TYPE_SANDBOX: Final = "podsandbox"
DOCKER_TYPE_CONTAINER: Final = "container"
DOCKER_LOG_PATH: Final = "io.kubernetes.container.logpath"
DOCKER_SANDBOX_ID: Final = "io.kubernetes.sandbox.id"
DOCKER_ANNOTATION_PREFIX: Final = "annotation."
"""Docker has no annotations: they are labels with this prefix, never escaped."""

SANDBOX_CONTAINER_NAME: Final = "POD"
"""The name that stands for a sandbox where a container's name is expected."""


def of_pod(name: str, namespace: str, uid: str) -> dict[str, str]:
    """Labels of a sandbox, and of each of its containers."""
    return {POD_NAME: name, POD_NAMESPACE: namespace, POD_UID: uid}


def of_container(name: str, pod: dict[str, str]) -> dict[str, str]:
    """Labels of a container of the pod that has the labels `pod`."""
    return {**pod, CONTAINER_NAME: name}
