"""Pods for tests, on any CRI service that can pull busybox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService

IMAGE = cri.ImageSpec(image="busybox")
STUBBORN = ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"]


def pod(name: str) -> cri.PodSandboxConfig:
    metadata = cri.PodSandboxMetadata(name=name, uid=f"uid-{name}", namespace="default")
    return cri.PodSandboxConfig(metadata=metadata)


def container(name: str, command: list[str]) -> cri.ContainerConfig:
    return cri.ContainerConfig(
        metadata=cri.ContainerMetadata(name=name), image=IMAGE, command=command
    )


def run_stubborn(service: CriService) -> str:
    """Start a container that SIGTERM doesn't end; return its id."""
    service.pull_image(IMAGE)
    config = pod("stubborn")
    sandbox = service.run_pod_sandbox(config)
    made = service.create_container(sandbox, container("c", STUBBORN), config)
    service.start_container(made)
    return made
