"""What all pods of one Engine share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from runtimes.core.docker.facts import EngineFacts
from runtimes.core.docker.processes import ProcessFinder
from runtimes.core.host.usage import UsageCache
from runtimes.docker_legacy.pod.containers import DockerContainers
from runtimes.docker_legacy.pod.exec_handler import ExecHandler, NativeExec
from runtimes.docker_legacy.pod.nsenter import NsenterExec
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generic.node import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.kubelet.sync.pod import Decide


def random_suffix() -> str:
    return secrets.token_hex(4)


@dataclass(kw_only=True)
class DockerNode(Node):
    """Thread-safe.

    Attributes:
        infra_image: of the container that holds a pod's namespaces.
        decide: by which rules pods go on; see `rules`.
        by_nsenter: commands get into containers that way, and not by the Engine.
        folders: what they take on disk.
        random: makes the last part of a container's name.
    """

    docker: DockerInterface
    infra_image: str
    decide: Decide = compute_pod_actions
    by_nsenter: bool = False
    config: KubeletConfig = field(default_factory=KubeletConfig)
    processes: ProcessFinder = field(default_factory=ProcessFinder)
    folders: UsageCache = field(default_factory=UsageCache)
    random: Callable[[], str] = random_suffix

    @cached_property
    def facts(self) -> EngineFacts:
        return EngineFacts(self.docker)

    @property
    def containers(self) -> DockerContainers:
        return DockerContainers(self)

    @property
    def commands(self) -> ExecHandler:
        """Runs commands in containers."""
        return (NsenterExec if self.by_nsenter else NativeExec)(self.docker, self.processes)
