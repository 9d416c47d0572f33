"""What a sandbox's owner asks of a pod network, whoever implements it.

    attach ---> detach
      |           ^
      +-- fails --+      detach is due after every attach that was begun, also after one that failed
                         or was killed half-way; it undoes whatever is there

All calls block, may come from several threads and from several processes that share one state
directory, and keep to the deadline of `runtimes.core.deadline`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class PortMapping:
    """One container port that is reachable on the host.

    Attributes:
        protocol: ``tcp``, ``udp`` or ``sctp``.
        container_port: 1 to 65535.
        host_port: 1 to 65535; 0 means no host port: such a mapping is skipped.
        host_ip: the host's address to listen on; empty means all of them, loopback included.
    """

    protocol: str
    container_port: int
    host_port: int
    host_ip: str = ""


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Limits in bits per second, seen from the pod; 0 means none."""

    ingress_bps: int = 0
    egress_bps: int = 0


@dataclass(frozen=True, slots=True)
class Dns:
    """The pod's resolver settings, for plugins that declare the capability ``dns``."""

    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachRequest:
    """A pod that is to get a network.

    Attributes:
        sandbox_id: key of all that the network records; at most 200 safe file-name characters.
        name: the pod's name, for messages and plugins.
        namespace: the pod's namespace.
        uid: the pod's uid.
        netns: a pinned network namespace, which must exist.
        port_mappings: host ports.
        annotations: the pod's, as plugins may read them. ``kubernetes.io/ingress-bandwidth`` and
            ``egress-bandwidth`` are limits unless `bandwidth` is given.
        bandwidth: limits, instead of the annotations.
        dns: resolver settings.
    """

    sandbox_id: str
    name: str
    namespace: str
    uid: str
    netns: Path
    port_mappings: tuple[PortMapping, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    bandwidth: Bandwidth | None = None
    dns: Dns | None = None


@dataclass(frozen=True, slots=True)
class AttachResult:
    """What the pod got.

    Attributes:
        ips: addresses without prefix length, the primary one first (IPv4 before IPv6).
        interface: the interface inside the pod.
        gateway: the default gateway of the primary address; empty when there is none.
        mac: of `interface`; empty when a plugin doesn't tell.
    """

    ips: tuple[str, ...]
    interface: str = "eth0"
    gateway: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class DetachRequest:
    """A pod that loses its network.

    Attributes:
        sandbox_id: as in the `AttachRequest`; enough alone where a record of the attach exists.
        name: used when no record exists, as are the ones below.
        namespace: the pod's namespace.
        uid: the pod's uid.
        netns: None, or a path that no longer exists, when the namespace is gone.
        port_mappings: host ports.
        due: the caller knows of an attach that succeeded or was cut short, and that nobody has
            undone, so where no record of it is left it is undone as far as the fields above tell.
            Else no record means nothing to undo, as after an attach that raised.
    """

    sandbox_id: str
    name: str = ""
    namespace: str = ""
    uid: str = ""
    netns: Path | None = None
    port_mappings: tuple[PortMapping, ...] = ()
    due: bool = False


@dataclass(frozen=True, slots=True)
class InterfaceStatistics:
    """Counters of one interface, as the pod sees them."""

    name: str
    rx_bytes: int
    rx_packets: int
    rx_errors: int
    rx_dropped: int
    tx_bytes: int
    tx_packets: int
    tx_errors: int
    tx_dropped: int


class PodNetwork(Protocol):
    """Gives pods their networks."""

    @property
    def name(self) -> str:
        """Which implementation this is, e.g. ``bridge`` or ``cni``."""
        ...

    def status(self) -> str | None:
        """Tell why pods can't be attached now; None when they can.

        Cheap, without side effects, never raises. Source: the CRI's condition ``NetworkReady``.
        """
        ...

    def attach(self, request: AttachRequest) -> AttachResult:
        """Connect a pod: loopback, ``eth0``, addresses, default route, host ports.

        Attaching a sandbox again undoes what an earlier, unfinished attach left, then starts over.
        On failure nothing is left behind that `detach` would not find, and it should be called.

        Raises:
            FailedPrecondition: `status` gives a reason.
            NotFound: the network namespace doesn't exist.
            ResourceExhausted: no address is free, or a host port is taken (the message says by
                whom).
            InvalidArgument: a port mapping or a bandwidth makes no sense.
            DeadlineExceeded: the caller's time ran out; what was started was stopped.
        """
        ...

    def detach(self, request: DetachRequest) -> None:
        """Undo an attach: host ports, interfaces, and last of all the addresses.

        Idempotent. Succeeds when the sandbox was never attached, and when its network namespace is
        gone. Call it when no process of the pod runs any more: an address may be given away again
        from here on. Dropping the pin of the namespace remains the caller's.

        Raises:
            Error: something could not be undone now. What remains stays on record: call again.
        """
        ...

    def reconcile(self, live_sandbox_ids: Callable[[], Collection[str]]) -> tuple[str, ...]:
        """Detach every sandbox on record that isn't alive; return their ids.

        For the owner's start: frees what crashes leaked. One failure doesn't stop the others. The
        callable is asked after the records were read, so an owner that records a sandbox before
        it attaches it never loses a new one to another process's reconcile.
        """
        ...

    def statistics(self, netns: Path) -> tuple[InterfaceStatistics, ...]:
        """Read the counters of the pod's interfaces, loopback left out.

        Raises:
            NotFound: the network namespace doesn't exist.
        """
        ...
