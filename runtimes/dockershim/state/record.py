"""A sandbox's record on disk, and the steps that it goes through.

    (nothing) -> creating -> created -> started -> ready -> stopping -> stopped -> removing
                    |           |          |                   ^
                    +-----------+----------+--- any failure ---+-- undone: no caller has an id

    creating   written before Docker is asked for a container; `docker_name` finds what it made
    created    the container's id is known; its resolv.conf, hosts and hostname are ours
    started    its pause process runs; the pin of its network namespace may exist
    ready      the network is attached, addresses are known, every file is written
    stopping   the pod's processes are being killed; its addresses are still its own
    stopped    nothing runs, the network is down, the namespace unpinned
    removing   containers and files are being deleted

and its network, which Docker's steps don't tell::

    engine, host                  nothing of ours to undo
    pending -> attempted -> down  detach is due from "attempted" on, whatever happened since

"Attempted" is flushed to the disk before attach is called, so that a loss of power doesn't take it
back. Of a "pending" one the network is asked all the same, which knows best what it has begun.

Each step is on disk before the next side effect begins. Whether the pause process still runs, and
in the same network namespace, is asked of the kernel: see `sandbox/ready.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from runtimes.core.host.process import Process  # noqa: TC001 - the codec reads it
from runtimes.core.state import codec

VERSION = 1


class SandboxPhase(StrEnum):
    CREATING = "creating"
    CREATED = "created"
    STARTED = "started"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    REMOVING = "removing"


class NetworkState(StrEnum):
    HOST = "host"  # the pod uses the node's
    ENGINE = "engine"  # Docker's own, which goes with the container
    PENDING = "pending"  # ours; attach wasn't called, or raised: detach knows what is left
    ATTEMPTED = "attempted"  # attach is about to be called, or has succeeded: detach is due
    DOWN = "down"  # detach succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRecord:
    """One sandbox.

    Attributes:
        id: names its folder; chosen before Docker knows of the sandbox.
        sandbox_id: Docker's, which is the CRI's; empty until created.
        docker_name: under which it is created.
        boot_id: the boot in which it ran.
        network: whose the network is, and how far it got.
        network_name: which of ours, to undo it by: ``cni`` or ``bridge``; else empty.
        config: the serialized `PodSandboxConfig`, with limits as last updated.
        ips: the pod's addresses, primary first.
        netns_inode: identity of its network namespace; 0 when unknown, or the host's.
        pause: the pause process, as this host numbers it; None when it can't be seen from here.
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
    docker_name: str
    sandbox_id: str = ""
    network_name: str = ""
    runtime_handler: str = ""
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
        return codec.decode(data, cls, VERSION, "runtimes-dockershim")
