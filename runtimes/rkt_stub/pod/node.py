"""What all pods on one rkt share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core.pod.backoff import Backoff
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.generate.dns import Resolver, parse_resolv_conf
from runtimes.kubelet.generic.node import ALONE, Surroundings

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.rkt_stub.images.store import ImageStore
    from runtimes.rkt_stub.launch.unit import Launcher
    from runtimes.rkt_stub.program.rkt import Rkt


@dataclass(kw_only=True)
class RktNode:
    """Thread-safe.

    Attributes:
        net: rkt's network for pods with one of their own.
    """

    rkt: Rkt
    images: ImageStore
    launcher: Launcher
    net: str = "default"
    config: KubeletConfig = field(default_factory=KubeletConfig)
    around: Surroundings = ALONE
    image_backoff: Backoff = field(default_factory=Backoff)

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
