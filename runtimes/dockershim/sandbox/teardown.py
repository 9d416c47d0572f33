"""Take a sandbox apart, from whatever state it is in. Every step is idempotent.

Order: processes first, then the network, so that an address is never given away while something
still answers on it; the record last. The network namespace is pinned, so it outlives the processes.

Source: kubernetes/kubernetes#105225, #93925; #44307, #45626 for what is gone already.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from runtimes.core import errors, netns
from runtimes.dockershim.sandbox import containers, network
from runtimes.dockershim.state import checkpoint
from runtimes.dockershim.state.record import NetworkState, SandboxPhase

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine
    from runtimes.dockershim.state.record import SandboxRecord


def stop(engine: Engine, record: SandboxRecord) -> SandboxRecord:
    """Kill its processes and release its network; the caller holds the sandbox's lock.

    Raises:
        Unavailable: the Engine doesn't answer, or the network can't be released now; call again.
    """
    if record.phase in {SandboxPhase.STOPPED, SandboxPhase.REMOVING}:
        return record
    record = _enter(engine, record, SandboxPhase.STOPPING)
    if record.sandbox_id:
        containers.kill(engine, containers.of(engine, record.sandbox_id))
        containers.kill(engine, [record.sandbox_id])
    record = _release(engine, record)
    return _enter(engine, record, SandboxPhase.STOPPED)


def _release(engine: Engine, record: SandboxRecord) -> SandboxRecord:
    """Detach the network, then let the namespace go."""
    pin = engine.paths.netns(record.id)
    if record.sandbox_id and record.network in {NetworkState.PENDING, NetworkState.ATTEMPTED}:
        present = pin if netns.is_pinned(pin) else None
        request = network.detach_request(record, present)
        engine.networks.of(record.network_name).detach(request)
        record = replace(record, network=NetworkState.DOWN)
    netns.delete(pin)
    return record


def destroy(engine: Engine, record: SandboxRecord) -> None:
    """Stop it and remove everything of it; the caller holds the sandbox's lock.

    Raises: as `stop`.
    """
    record = stop(engine, record)
    record = _enter(engine, record, SandboxPhase.REMOVING)
    if record.sandbox_id:
        remove_containers(engine, record.sandbox_id)
    else:
        _remove_unknown(engine, record)
    forget_files(engine, record.id)
    engine.sandboxes.delete(record)


def remove_containers(engine: Engine, sandbox_id: str) -> None:
    """Remove a sandbox's containers, then its own, and its checkpoint."""
    containers.remove(engine, containers.of(engine, sandbox_id))
    containers.remove(engine, [sandbox_id])
    checkpoint.forget(engine.paths.checkpoints, sandbox_id)


def _remove_unknown(engine: Engine, record: SandboxRecord) -> None:
    """Remove what Docker may have made before its answer was on record."""
    with suppress(errors.NotFound):
        inspected = engine.docker.inspect_container(record.docker_name)
        if str(engine.paths.sandbox(record.id)) in " ".join(inspected["HostConfig"]["Binds"] or ()):
            containers.remove(engine, [inspected["Id"]])


def discard(engine: Engine, key: str) -> None:
    """Forget a record that can't be read, with its files and its pin, unless somebody is at it."""
    with engine.sandboxes.try_lock(key) as free:
        if free:
            netns.delete(engine.paths.netns(key))
            forget_files(engine, key)
            engine.sandboxes.discard(key)


def forget_files(engine: Engine, key: str) -> None:
    """Remove a sandbox's files, all but its record."""
    folder = engine.paths.sandbox(key)
    for path in folder.iterdir() if folder.exists() else ():
        if path.name.startswith("record.json"):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _enter(engine: Engine, record: SandboxRecord, phase: SandboxPhase) -> SandboxRecord:
    """Write the next step down, before it begins."""
    record = replace(record, phase=phase)
    engine.sandboxes.save(record, durable=False)
    return record
