"""Take a sandbox apart, from whatever state it is in. Every step is idempotent.

Order: processes first, then the network, so that an address is never given away while something
still answers on it (kubernetes/kubernetes#105225); the record last.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core.cgroup import paths as cgroup_paths
from runtimes.core.cgroup import tree
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.container import teardown as containers
from runtimes.oci.sandbox import namespaces, network, pause
from runtimes.oci.sandbox.ready import inode
from runtimes.oci.state.record import NetworkState, SandboxPhase

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import SandboxRecord

PINS = ("net", "ipc", "uts", "pid")


def stop(engine: Engine, record: SandboxRecord) -> SandboxRecord:
    """Kill its processes and release its network; the caller holds the sandbox's lock.

    Raises:
        Unavailable: the network can't be released now; call again.
        DeadlineExceeded: a process doesn't die.
    """
    if record.phase in {SandboxPhase.STOPPED, SandboxPhase.REMOVING}:
        return record
    record = _enter(engine, record, SandboxPhase.STOPPING)
    containers.kill_all(engine, engine.containers_of(record.id))
    pause.kill(engine, record)
    release(engine, record)
    state = NetworkState.HOST if record.network is NetworkState.HOST else NetworkState.DOWN
    record = replace(record, network=state)
    return _enter(engine, record, SandboxPhase.STOPPED)


def release(engine: Engine, record: SandboxRecord) -> None:
    """Detach the network, then let the namespaces and mounts go."""
    pins = engine.paths.pins(record.id)
    if record.network in {NetworkState.PENDING, NetworkState.ATTEMPTED}:
        netns = pins / "net"
        config = cri.PodSandboxConfig.FromString(record.config)
        present = netns if inode(netns) else None
        engine.network.detach(network.detach_request(record, config, present))
    for kind in PINS:
        namespaces.unpin(pins / kind)
    namespaces.unpin(engine.paths.shm(record.id))
    remove_pins(pins)


def remove_pins(pins: Path) -> None:
    """Remove the folder of the pins, once nothing is mounted there."""
    with suppress(FileNotFoundError):
        shutil.rmtree(pins)


def destroy(engine: Engine, record: SandboxRecord) -> None:
    """Stop it and remove everything of it; the caller holds the sandbox's lock.

    Raises: as `stop`.
    """
    record = stop(engine, record)
    record = _enter(engine, record, SandboxPhase.REMOVING)
    for container in engine.containers_of(record.id):
        containers.remove(engine, container.id)
    pause.forget(engine, record)
    if cgroup_paths.is_ours(record.cgroup_parent):
        tree.remove(engine.cgroups, record.cgroup_parent)
    remove_files(engine, record.id)
    engine.sandboxes.delete(record)


def remove_files(engine: Engine, sandbox_id: str) -> None:
    """Remove a sandbox's files, all but its record; idempotent, also beside another removal."""
    with suppress(FileNotFoundError):
        for path in engine.paths.sandbox(sandbox_id).iterdir():
            if not path.name.startswith("record.json"):
                path.unlink(missing_ok=True)


def _enter(engine: Engine, record: SandboxRecord, phase: SandboxPhase) -> SandboxRecord:
    """Write the next step down, before it begins."""
    record = replace(record, phase=phase)
    engine.sandboxes.note(record)
    return record
