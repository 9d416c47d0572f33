"""Whether a sandbox is READY: every step was recorded, and what it made is still the same.

Docker isn't asked: the kernel knows the pause process and its network namespace. A pause container
that was restarted by hand has another one, without the pod's network.

Source: kubernetes/kubernetes#76935, #48585.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.state.record import SandboxPhase

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerSummary
    from runtimes.dockershim.engine import Engine
    from runtimes.dockershim.state.record import SandboxRecord

RUNNING = "running"


def is_ready(
    engine: Engine, record: SandboxRecord | None, summary: ContainerSummary | None
) -> bool:
    """READY in the record, and its process alive in the network namespace of then.

    Where the Engine's processes can't be seen from here, its own word counts. What has no record
    is never READY: nobody knows how far it got.
    """
    if record is None or record.phase is not SandboxPhase.READY:
        return False
    if record.pause is None:
        return summary is not None and summary["State"] == RUNNING
    return (
        record.boot_id == engine.boot_id
        and record.pause.alive
        and record.netns_inode == inode(netns_of(record.pause.pid))
    )


def netns_of(pid: int) -> Path:
    """The network namespace that a process is in."""
    return Path(f"/proc/{pid}/ns/net")


def inode(namespace: Path) -> int:
    """Identity of a namespace, 0 when nothing is there."""
    try:
        return namespace.stat().st_ino
    except OSError:
        return 0


def state(*, ready: bool) -> cri.PodSandboxState.ValueType:
    """The CRI's name for it."""
    return cri.SANDBOX_READY if ready else cri.SANDBOX_NOTREADY
