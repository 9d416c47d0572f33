"""What all pods of one runtime share: its settings, its surroundings, and who runs containers."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.backoff import Backoff
from runtimes.kubelet.config import CgroupDriver
from runtimes.kubelet.events import Event, EventReason, Recorder, log_event
from runtimes.kubelet.generate.dns import Resolver, parse_resolv_conf
from runtimes.kubelet.generate.objects import NO_OBJECTS, ObjectSource
from runtimes.kubelet.generic.cri_containers import CriContainers

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.capability import Capability
    from runtimes.core.cri.services import CriService
    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.generic.containers import Containers

OWNER = "runtimes.kubelet/root"
"""Annotation of sandboxes and containers: the root folder of the kubelet that made them."""


def never_removed(uid: str) -> bool:
    """Say of every pod that it may still be wanted."""
    del uid
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a runtime asks or tells beyond its service.

    Attributes:
        record: takes events, e.g. "Pulling image ..."; by default they are logged.
        objects: where ConfigMaps and Secrets of environments come from.
        claims: what the service can do beyond running containers.
        is_removed: tells garbage collection that a pod's uid is gone for good.
        now_ns: the clock.
    """

    record: Recorder = log_event
    objects: ObjectSource = NO_OBJECTS
    claims: frozenset[Capability] = frozenset()
    is_removed: Callable[[str], bool] = never_removed
    now_ns: Callable[[], int] = time.time_ns


ALONE = Surroundings()


@dataclass(kw_only=True)
class Node(ABC):
    """Thread-safe.

    Attributes:
        image_backoff: of pulls that failed, apart from containers that crash.
    """

    config: KubeletConfig
    around: Surroundings = ALONE
    image_backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self.image_backoff = Backoff(clock=lambda: self.around.now_ns() / 1e9)

    @property
    @abstractmethod
    def containers(self) -> Containers:
        """Its containers, to start and to stop."""

    def resolver(self) -> Resolver:
        """The node's own name servers; none when its file can't be read."""
        try:
            return parse_resolv_conf(self.config.resolv_conf.read_text(errors="replace"))
        except OSError:
            return Resolver()

    def tell(self, pod: v1.Pod, reason: EventReason, message: str, *, container: str = "") -> None:
        uid = pod.metadata.uid
        self.around.record(Event(pod_uid=uid, reason=reason, message=message, container=container))

    def warn(self, pod: v1.Pod, reason: EventReason, message: str, *, container: str = "") -> None:
        uid = pod.metadata.uid
        self.around.record(
            Event(pod_uid=uid, reason=reason, message=message, container=container, warning=True)
        )


@dataclass(kw_only=True)
class CriNode(Node):
    """One whose pods a CRI service runs."""

    service: CriService
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def containers(self) -> CriContainers:
        return CriContainers(self.service, self.config)

    @cached_property
    def systemd(self) -> bool:
        """The runtime wants cgroup parents as systemd slices."""
        if self.config.cgroup_driver is not CgroupDriver.AUTO:
            return self.config.cgroup_driver is CgroupDriver.SYSTEMD
        with self._lock:
            return _uses_systemd(self.service)


def _uses_systemd(service: CriService) -> bool:
    try:
        return service.runtime_config().linux.cgroup_driver == cri.SYSTEMD
    except errors.Unimplemented:
        return _containerd_uses_systemd(service)


def _containerd_uses_systemd(service: CriService) -> bool:
    """Read it from the verbose status: containerd 1.x has no RuntimeConfig."""
    import json

    try:
        config = json.loads(service.status(verbose=True).info.get("config", "{}"))
        containerd = config.get("containerd", {})
        default = containerd.get("defaultRuntimeName", "")
        options = containerd.get("runtimes", {}).get(default, {}).get("options") or {}
        return bool(options.get("SystemdCgroup") or config.get("systemdCgroup"))
    except (errors.Error, ValueError, AttributeError):
        return False
