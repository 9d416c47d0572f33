"""Docker names: what makes creation idempotent per metadata and attempt. Pure.

Source: kubelet 1.22 dockershim/naming.go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors, labels, names
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterable


def of_sandbox(metadata: cri.PodSandboxMetadata) -> str:
    """``k8s_POD_<pod>_<namespace>_<uid>_<attempt>``."""
    return names.sandbox_name(metadata.name, metadata.namespace, metadata.uid, metadata.attempt)


def of_container(metadata: cri.ContainerMetadata, pod: cri.PodSandboxMetadata) -> str:
    """``k8s_<container>_<pod>_<namespace>_<uid>_<attempt>``."""
    return str(
        names.ContainerName(
            container=metadata.name,
            pod=pod.name,
            namespace=pod.namespace,
            uid=pod.uid,
            attempt=metadata.attempt,
        )
    )


def with_suffix(name: str, random: int) -> str:
    """Another name for the same object, for one that Docker won't let go of."""
    return str(replace(names.parse(name), suffix=f"{random & 0xFFFFFFFF:08x}"))


def parse(found: Iterable[str]) -> names.ContainerName | None:
    """Read the first of Docker's names that is one of ours; links have others."""
    for name in found:
        try:
            return names.parse(name)
        except errors.InvalidArgument:
            continue
    return None


def sandbox_metadata(name: names.ContainerName) -> cri.PodSandboxMetadata:
    return cri.PodSandboxMetadata(
        name=name.pod, namespace=name.namespace, uid=name.uid, attempt=name.attempt
    )


def container_metadata(name: names.ContainerName) -> cri.ContainerMetadata:
    return cri.ContainerMetadata(name=name.container, attempt=name.attempt)


def is_sandbox(found: dict[str, str]) -> bool:
    """Whether Docker's labels are a sandbox's."""
    return found.get(labels.DOCKER_TYPE) == labels.DOCKER_TYPE_SANDBOX
