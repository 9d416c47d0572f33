"""What all pods of one Engine share."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from runtimes.core.host.clamp import Grants, host_grants
from runtimes.core.pod.backoff import Backoff
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.generate.dns import Resolver, parse_resolv_conf
from runtimes.kubelet.generic.node import ALONE, Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.pod import v1


def random_suffix() -> str:
    return secrets.token_hex(4)


@dataclass(kw_only=True)
class DockerNode:
    """Thread-safe.

    Attributes:
        infra_image: of the container that holds a pod's namespaces.
        random: makes the last part of a container's name.
    """

    docker: DockerInterface
    infra_image: str
    config: KubeletConfig = field(default_factory=KubeletConfig)
    around: Surroundings = ALONE
    image_backoff: Backoff = field(default_factory=Backoff)
    grants: Grants = field(default_factory=host_grants)
    random: Callable[[], str] = random_suffix

    @cached_property
    def systemd(self) -> bool:
        return self.docker.info().get("CgroupDriver") == "systemd"

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
