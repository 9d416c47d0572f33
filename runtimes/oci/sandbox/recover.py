"""Finish or undo what a killed process left half-way with a sandbox."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.container import recover as containers
from runtimes.oci.state.record import SandboxPhase

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine

log = logging.getLogger(__name__)

_SETTLED = {SandboxPhase.READY, SandboxPhase.STOPPED}


def recover(engine: Engine) -> None:
    """Settle everything that nobody is working on. Cheap when there is nothing to do."""
    engine.sandboxes.sweep()
    engine.containers.sweep()
    lost = [sandbox_id for sandbox_id in engine.sandboxes.ids() if _recover(engine, sandbox_id)]
    containers.recover(engine)
    if lost:
        engine.sandboxes.sweep_names()
        engine.network.reconcile(engine.sandboxes.ids)


def _recover(engine: Engine, sandbox_id: str) -> bool:
    """Settle one; True when its record was lost, so that others may know more of it."""
    try:
        return _look(engine, sandbox_id)
    except (errors.Error, OSError) as error:
        log.warning("recovery is put off sandbox=%s: %s", sandbox_id, error)
        return False


def _look(engine: Engine, sandbox_id: str) -> bool:
    try:
        record = engine.sandboxes.load(sandbox_id)
    except (errors.NotFound, errors.DataLoss) as error:
        return _discard_unreadable(engine, sandbox_id, error)
    if record.phase not in _SETTLED:
        finish(engine, sandbox_id)
    return False


def finish(engine: Engine, sandbox_id: str) -> None:
    """Carry an interrupted step to its end, unless somebody is at it."""
    from runtimes.oci.sandbox import teardown

    with engine.sandboxes.try_lock(sandbox_id) as free:
        if not free:
            return
        with suppress(errors.NotFound):
            record = engine.sandboxes.load(sandbox_id)
            if record.phase is SandboxPhase.STOPPING:
                teardown.stop(engine, record)
            elif record.phase not in _SETTLED:
                teardown.destroy(engine, record)


def give_way(engine: Engine, unique_name: tuple[str, ...]) -> None:
    """Clear a half-made or half-removed sandbox that still holds a name."""
    owner = engine.sandboxes.owner(unique_name)
    if owner is None:
        return
    with suppress(errors.NotFound, errors.DataLoss):
        record = engine.sandboxes.load(owner)
        if record.phase in {SandboxPhase.CREATING, SandboxPhase.REMOVING}:
            finish(engine, owner)


def _discard_unreadable(engine: Engine, sandbox_id: str, error: errors.Error) -> bool:
    """Remove a sandbox that no call could name any more."""
    from runtimes.core.cgroup import paths as cgroup_paths
    from runtimes.oci.container import teardown as containers_teardown
    from runtimes.oci.sandbox import namespaces, teardown
    from runtimes.oci.state import stragglers

    with engine.sandboxes.try_lock(sandbox_id) as free:
        if not free:
            return False
        log.warning("removing a sandbox with an unreadable record id=%s: %s", sandbox_id, error)
        for container in engine.containers_of(sandbox_id):
            containers_teardown.remove(engine, container.id)
        stragglers.kill(sandbox_id)
        base = cgroup_paths.base(engine.cgroups, engine.facts.uid)
        containers_teardown.remove_cgroup(engine, cgroup_paths.pod_path("", sandbox_id, base))
        pins = engine.paths.pins(sandbox_id)
        for kind in (*teardown.PINS, "shm"):
            namespaces.unpin(pins / kind)
        teardown.remove_pins(pins)
        teardown.remove_files(engine, sandbox_id)
        engine.sandboxes.discard(sandbox_id)
    return True
