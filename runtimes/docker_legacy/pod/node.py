"""What all pods of one Engine share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from runtimes.core.docker.facts import EngineFacts
from runtimes.core.docker.processes import ProcessFinder
from runtimes.core.host.usage import UsageCache
from runtimes.core.pod.backoff import Backoff
from runtimes.docker_legacy.pod.exec_handler import ExecHandler, NativeExec
from runtimes.docker_legacy.pod.nsenter import NsenterExec
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.generate.dns import Resolver, parse_resolv_conf
from runtimes.kubelet.generic.node import ALONE, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.pod import v1
    from runtimes.kubelet.sync.pod import Decide


def random_suffix() -> str:
    return secrets.token_hex(4)


@dataclass(kw_only=True)
class DockerNode:
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
    around: Surroundings = ALONE
    image_backoff: Backoff = field(default_factory=Backoff)
    processes: ProcessFinder = field(default_factory=ProcessFinder)
    folders: UsageCache = field(default_factory=UsageCache)
    random: Callable[[], str] = random_suffix

    @cached_property
    def facts(self) -> EngineFacts:
        return EngineFacts(self.docker)

    @property
    def commands(self) -> ExecHandler:
        """Runs commands in containers."""
        return (NsenterExec if self.by_nsenter else NativeExec)(self.docker, self.processes)

    def resolver(self) -> Resolver:
        """The node's own name servers; none when its file can't be read."""
        try:
            return parse_resolv_conf(self.config.resolv_conf.read_text(errors="replace"))
        except OSError:
            return Resolver()

    def tell(
        self,
        pod: v1.Pod,
        reason: EventReason,
        message: str,
        *,
        container: str = "",
        warning: bool = False,
    ) -> None:
        self.around.record(
            Event(
                pod_uid=pod.metadata.uid,
                reason=reason,
                message=message,
                container=container,
                warning=warning,
            )
        )
