"""What a runtime knows of a pod, era-neutral.

Source: kubelet pkg/kubelet/container/runtime.go (PodStatus, Status, SandboxStatus).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ContainerState(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerStatus:
    """One attempt of one container. Times are ns since the epoch, 0 when not reached.

    Attributes:
        id: the backend's own id, without a scheme.
        image: the reference as the pod wrote it, where the backend kept it.
        image_ref: id or digest that the image service resolves.
        hash: of the container's spec at creation, 0 when unknown.
        restart_count: the attempt, counted from 0.
        message: why it ended: an engine's error, or the termination message.
        log_path: absolute path of its CRI log; empty when the backend has none.
    """

    id: str
    name: str
    state: ContainerState
    created_at_ns: int = 0
    started_at_ns: int = 0
    finished_at_ns: int = 0
    exit_code: int = 0
    image: str = ""
    image_ref: str = ""
    hash: int = 0
    restart_count: int = 0
    reason: str = ""
    message: str = ""
    log_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxStatus:
    """One attempt of a pod's sandbox.

    Attributes:
        ready: as the runtime claims it.
        host_network: it shares the node's network namespace.
        ips: the pod's addresses, primary first; empty with the host's network.
        hash: of what the pod asked of it, 0 when unknown.
    """

    id: str
    attempt: int
    ready: bool
    created_at_ns: int
    host_network: bool = False
    ips: tuple[str, ...] = ()
    hash: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PodStatus:
    """Everything a runtime has of one pod, newest attempt first in both tuples."""

    uid: str
    name: str
    namespace: str
    ips: tuple[str, ...] = ()
    containers: tuple[ContainerStatus, ...] = ()
    sandboxes: tuple[SandboxStatus, ...] = ()

    def latest(self, container: str) -> ContainerStatus | None:
        """The newest attempt of the container of that name."""
        return next((status for status in self.containers if status.name == container), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPod:
    """A pod found in the runtime by its labels, without the cost of a full status.

    Attributes:
        labels: of the newest sandbox.
        annotations: of the newest sandbox.
    """

    uid: str
    name: str
    namespace: str
    created_at_ns: int
    containers: tuple[ContainerStatus, ...] = ()
    sandboxes: tuple[SandboxStatus, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuntimeVersion:
    """Which runtime answers, e.g. ``containerd`` ``1.6.20`` speaking API ``v1``."""

    name: str
    version: str
    api_version: str


@dataclass(frozen=True, slots=True)
class RuntimeCondition:
    """``RuntimeReady`` or ``NetworkReady``; reason and message are empty when it holds."""

    type: str
    status: bool
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image in the runtime's store; sizes in bytes."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size_bytes: int
    uid: int | None = None
    username: str = ""
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class ImageStats:
    """What the image store uses of the file system at `mountpoint`."""

    mountpoint: str
    used_bytes: int
    inodes_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerUsage:
    """What a running container uses at `timestamp_ns`; None where the backend can't tell."""

    id: str
    name: str
    pod_uid: str
    pod_name: str
    pod_namespace: str
    timestamp_ns: int
    cpu_usage_ns: int | None
    memory_working_set_bytes: int | None
    memory_usage_bytes: int | None = None
    pids: int | None = None
    writable_layer_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceUsage:
    """What has gone over one interface of a pod since it was made."""

    name: str
    rx_bytes: int
    rx_errors: int
    tx_bytes: int
    tx_errors: int


@dataclass(frozen=True, slots=True)
class NetworkUsage:
    """Of one pod with a network of its own at `timestamp_ns`; the default interface comes first."""

    pod_uid: str
    timestamp_ns: int
    interfaces: tuple[InterfaceUsage, ...]


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command inside a container left."""

    exit_code: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAuth:
    """Credentials for a registry; only what is set is sent."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    server_address: str = ""
