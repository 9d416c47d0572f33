"""What a sandbox or container says of itself in Docker's labels. Pure.

Docker has no annotations: they are labels with a prefix. Some labels are ours and never shown.

Source: kubelet 1.22 dockershim/helpers.go (makeLabels, extractLabels), docker_service.go.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core import labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.core.cri.v1 import api_pb2 as cri

IMAGE = "io.runtimes.container.image"
"""The image's name in the pod's words, or the CRI call's; Docker is given the id."""

CGROUP_LIMITS = "io.runtimes.container.cgroup-limits"
"""JSON of the limits that only the cgroup's files can set, once it is there."""

CREATED_AT = "io.runtimes.container.created-at"
"""Nanoseconds since the epoch: Docker's lists know seconds only."""

IMAGE_VOLUMES = "io.runtimes.container.image-volumes"
"""JSON of the images that it mounts: the Engine doesn't know that they are in use."""

_OURS = frozenset(
    {
        IMAGE_VOLUMES,
        CREATED_AT,
        labels.DOCKER_TYPE,
        labels.DOCKER_LOG_PATH,
        labels.DOCKER_SANDBOX_ID,
        IMAGE,
        CGROUP_LIMITS,
    }
)


def of_sandbox(config: cri.PodSandboxConfig) -> dict[str, str]:
    """Labels of a sandbox's container, which bears the name ``POD`` where others have theirs."""
    return {
        **_written(config.labels, config.annotations),
        labels.DOCKER_TYPE: labels.DOCKER_TYPE_SANDBOX,
        labels.CONTAINER_NAME: labels.SANDBOX_CONTAINER_NAME,
    }


def of_container(config: cri.ContainerConfig, sandbox_id: str, log_path: str) -> dict[str, str]:
    """Labels of a pod's container; `log_path` is absolute, or empty."""
    own = {name: value for name, value in config.labels.items() if name not in _OURS}
    return {
        **_written(own, config.annotations),
        labels.DOCKER_TYPE: labels.DOCKER_TYPE_CONTAINER,
        labels.DOCKER_LOG_PATH: log_path,
        labels.DOCKER_SANDBOX_ID: sandbox_id,
    }


def _written(own: Mapping[str, str], annotations: Mapping[str, str]) -> dict[str, str]:
    prefixed = {
        f"{labels.DOCKER_ANNOTATION_PREFIX}{name}": value for name, value in annotations.items()
    }
    return {**own, **prefixed}


def read(found: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The CRI's labels and annotations that an object was made with.

    A sandbox's container name is hidden again.
    """
    own: dict[str, str] = {}
    annotations: dict[str, str] = {}
    for name, value in found.items():
        if name.startswith(labels.DOCKER_ANNOTATION_PREFIX):
            annotations[name.removeprefix(labels.DOCKER_ANNOTATION_PREFIX)] = value
        elif name not in _OURS and not _is_sandbox_name(name, value):
            own[name] = value
    return own, annotations


def _is_sandbox_name(name: str, value: str) -> bool:
    return name == labels.CONTAINER_NAME and value == labels.SANDBOX_CONTAINER_NAME


def sandbox_of(found: Mapping[str, str]) -> str:
    """Id of the sandbox that a container belongs to; empty for anything else."""
    return found.get(labels.DOCKER_SANDBOX_ID, "")


def log_path_of(found: Mapping[str, str]) -> str:
    """Absolute path of a container's log; empty when it has none."""
    return found.get(labels.DOCKER_LOG_PATH, "")


def created_at_of(found: Mapping[str, str]) -> int:
    """When it was created, in ns since the epoch; 0 when an older version made it."""
    text = found.get(CREATED_AT, "")
    return int(text) if text.isdecimal() else 0


def image_volumes_of(found: Mapping[str, str]) -> list[dict[str, str]]:
    """The images that a container mounts, each as `spec.image_volume.written` has it.

    None where the label can't be read: anyone may make containers with such labels.
    """
    try:
        kept: list[dict[str, str]] = json.loads(found.get(IMAGE_VOLUMES, "[]"))
    except ValueError:
        return []
    return kept


def image_of(found: Mapping[str, str]) -> str:
    """The image's name as it was asked for; empty when an older version made the container."""
    return found.get(IMAGE, "")
