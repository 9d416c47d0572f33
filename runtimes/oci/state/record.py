"""The records on disk, and the steps that they go through.

A sandbox::

    (nothing) -> creating -> ready -> stopping -> stopped -> removing -> (nothing)
                    |                    ^
                    +-- any failure -----+-- undone wholly: the caller never got an id

    creating   written before the first side effect, with `network` already "attempted": whatever
               happens from here on, the network is told to detach
    ready      every step is done: namespaces pinned, network attached, files written
    stopping   the pod's processes are being killed; its addresses are still its own
    stopped    network "down", namespaces unpinned
    removing   containers and files are being deleted

A container::

    (nothing) -> creating -> created -> starting -> started -> removing -> (nothing)
                    |                      |           :
                    +-- undone wholly      +-> failed  :.. running, or exited: derived, not stored

    creating   written before the first side effect; the id is reserved with its name
    created    file system and OCI bundle are there; no process
    starting   the monitor and the runtime are being started; created again if that was cut short
    started    written with the process's identity, just before its program is released
    failed     the program never ran: `failure` says why
    removing   process, mounts and files are being deleted

Each step is on disk before the next side effect begins, so whoever finds a record whose lock is
free knows what may exist and finishes or undoes it. What a call answers (ready, created, started)
is fsynced first; a power failure that takes back another step took the processes, namespaces and
mounts of that step, too. Whether a started container still runs is asked of facts (process, exit
file), see `runtimes.oci.state.derive`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from runtimes.core.host.process import Process  # noqa: TC001 - the codec reads it
from runtimes.core.state import codec

VERSION = 1
_PROGRAM = "runtimes-oci"


class SandboxPhase(StrEnum):
    CREATING = "creating"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    REMOVING = "removing"


class ContainerPhase(StrEnum):
    CREATING = "creating"
    CREATED = "created"
    STARTING = "starting"
    STARTED = "started"
    FAILED = "failed"
    REMOVING = "removing"


class NetworkState(StrEnum):
    HOST = "host"  # the pod uses the node's
    PENDING = "pending"  # attach wasn't called, or raised: detach knows what is left
    ATTEMPTED = "attempted"  # attach is about to be called, or has succeeded: detach is due
    DOWN = "down"  # detach succeeded


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a container's program never ran."""

    reason: str
    message: str
    exit_code: int
    at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRecord:
    """One sandbox.

    Attributes:
        config: the serialized `PodSandboxConfig`; never changes, as lists rely on.
        boot_id: the boot in which its namespaces and mounts were made.
        cgroup_parent: absolute path, relative to the cgroup mounts.
        ips: the pod's addresses, primary first.
        netns_inode: identity of the pinned network namespace, 0 with the host's.
        pause: init of the pod's pid namespace, where the pod shares one.
    """

    id: str
    name: str
    namespace: str
    uid: str
    attempt: int
    created_at_ns: int
    boot_id: str
    phase: SandboxPhase
    network: NetworkState
    config: bytes
    runtime_handler: str = ""
    cgroup_parent: str = ""
    ips: tuple[str, ...] = ()
    netns_inode: int = 0
    pause: Process | None = None
    version: int = VERSION

    kind: ClassVar[str] = "sandbox"

    @property
    def unique_name(self) -> tuple[str, ...]:
        return (self.name, self.namespace, self.uid, str(self.attempt))

    def encode(self) -> bytes:
        return codec.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> SandboxRecord:
        return codec.decode(data, cls, VERSION, _PROGRAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRecord:
    """One container.

    Attributes:
        config: the serialized `ContainerConfig`; never changes, as lists rely on.
        resources: the serialized `LinuxContainerResources` as last updated; empty: as in `config`.
        log_path: absolute; empty when nobody asked for a log.
        cgroup_path: absolute, relative to the cgroup mounts.
        runtime: name of the runtime that creates it, ``crun`` or ``runc``.
        own_pid_namespace: the death of its init is the death of all its processes.
        process: init, as the host sees it.
        monitor: the program that waits for init and writes its log and exit code.
    """

    id: str
    sandbox_id: str
    name: str
    attempt: int
    created_at_ns: int
    boot_id: str
    phase: ContainerPhase
    config: bytes
    resources: bytes = b""
    image_id: str = ""
    image_ref: str = ""
    log_path: str = ""
    cgroup_path: str = ""
    runtime: str = ""
    stop_signal: int = 15
    own_pid_namespace: bool = True
    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()
    process: Process | None = None
    monitor: Process | None = None
    started_at_ns: int = 0
    failure: Failure | None = None
    version: int = VERSION

    kind: ClassVar[str] = "container"

    @property
    def unique_name(self) -> tuple[str, ...]:
        return (self.sandbox_id, self.name, str(self.attempt))

    def encode(self) -> bytes:
        return codec.encode(self)

    @classmethod
    def decode(cls, data: bytes) -> ContainerRecord:
        return codec.decode(data, cls, VERSION, _PROGRAM)
