"""Whether a sandbox is READY: every step was recorded, and what it made is still the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.state.record import SandboxPhase

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import SandboxRecord


def is_ready(engine: Engine, record: SandboxRecord) -> bool:
    """READY in the record, made in this boot, its network namespace and its init still there."""
    return (
        record.phase is SandboxPhase.READY
        and record.boot_id == engine.boot_id
        and (record.pause is None or record.pause.alive)
        and record.netns_inode == inode(engine.paths.pin(record.id, "net"))
    )


def inode(path: Path) -> int:
    """Identity of a pinned namespace, 0 when nothing is there."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def state(engine: Engine, record: SandboxRecord) -> cri.PodSandboxState.ValueType:
    """The CRI's name for it."""
    return cri.SANDBOX_READY if is_ready(engine, record) else cri.SANDBOX_NOTREADY
