"""A container, as a CRI runtime is asked for it.

Source: kubelet pkg/kubelet/kuberuntime/kuberuntime_container.go (generateContainerConfig).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.names import container_log
from runtimes.kubelet.generate.environment import EnvironmentInputs, environment
from runtimes.kubelet.generate.expansion import expand
from runtimes.kubelet.generate.metadata import container_annotations, container_labels
from runtimes.kubelet.generate.objects import NO_OBJECTS, ObjectSource
from runtimes.kubelet.generate.resources import container_resources
from runtimes.kubelet.generate.security import ImageFacts, check_non_root, container_security

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerInputs:
    """What a container's config depends on besides the pod.

    Attributes:
        attempt: the restart count.
        pod_ips: the sandbox's addresses, primary first.
        mounts: of volumes, hosts file and termination log.
        target_id: the container whose pid namespace to enter; ephemeral containers only.
    """

    config: KubeletConfig
    attempt: int
    image: ImageFacts
    pod_ips: tuple[str, ...] = ()
    mounts: tuple[cri.Mount, ...] = ()
    objects: ObjectSource = NO_OBJECTS
    target_id: str = ""


def container_config(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, inputs: ContainerInputs
) -> cri.ContainerConfig:
    """Compute it.

    Raises:
        PermissionDenied: runAsNonRoot forbids it.
        NotFound: the environment needs a ConfigMap or Secret that isn't there.
        InvalidArgument: a reference or profile that makes no sense.
    """
    check_non_root(pod, container, inputs.image)
    variables = container_environment(pod, container, inputs)
    return cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name=container.name, attempt=inputs.attempt),
        image=cri.ImageSpec(image=inputs.image.ref, user_specified_image=container.image),
        command=_expanded(container.command, variables),
        args=_expanded(container.args, variables),
        working_dir=container.working_dir,
        envs=[cri.KeyValue(key=key, value=_bytes(value)) for key, value in variables.items()],
        mounts=inputs.mounts,
        labels=container_labels(pod, container),
        annotations=container_annotations(pod, container, inputs.attempt),
        log_path=container_log(container.name, inputs.attempt),
        stdin=bool(container.stdin),
        stdin_once=bool(container.stdin_once),
        tty=bool(container.tty),
        linux=_linux(pod, container, inputs),
    )


def container_environment(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, inputs: ContainerInputs
) -> dict[str, str]:
    """Compute its variables alone: mounts with subPathExpr need them before the rest is known."""
    return environment(
        container,
        EnvironmentInputs(
            pod=pod, config=inputs.config, pod_ips=inputs.pod_ips, objects=inputs.objects
        ),
    )


def _expanded(words: Sequence[str], variables: Mapping[str, str]) -> list[str]:
    return [expand(word, variables) for word in words]


def _bytes(text: str) -> bytes:
    """A Secret may hold what is no UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def _linux(
    pod: v1.Pod, container: v1.Container | v1.EphemeralContainer, inputs: ContainerInputs
) -> cri.LinuxContainerConfig:
    return cri.LinuxContainerConfig(
        resources=container_resources(pod, container, inputs.config),
        security_context=container_security(
            pod, container, inputs.image, config=inputs.config, target_id=inputs.target_id
        ),
    )
