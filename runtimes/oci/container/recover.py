"""Finish or undo what a killed process left half-way with a container."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.state.record import ContainerPhase

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine
    from runtimes.oci.state.record import ContainerRecord

log = logging.getLogger(__name__)

_INTERRUPTED = "the process that started it was killed before its program began"


def recover(engine: Engine) -> None:
    """Settle all containers that nobody is working on."""
    lost = [each for each in engine.containers.ids() if _recover(engine, each)]
    if lost:
        engine.containers.sweep_names()


def _recover(engine: Engine, container_id: str) -> bool:
    """Settle one; True when its record was lost."""
    try:
        return _look(engine, container_id)
    except (errors.Error, OSError) as error:
        log.warning("recovery is put off container=%s: %s", container_id, error)
        return False


def _look(engine: Engine, container_id: str) -> bool:
    try:
        record = engine.containers.load(container_id)
    except (errors.NotFound, errors.DataLoss) as error:
        return _discard_unreadable(engine, container_id, error)
    if _is_half_way(engine, record):
        _finish_if_free(engine, container_id)
    return False


def _finish_if_free(engine: Engine, container_id: str) -> None:
    with engine.containers.try_lock(container_id) as free:
        if free:
            _finish(engine, container_id)


def _is_half_way(engine: Engine, record: ContainerRecord) -> bool:
    if record.phase is ContainerPhase.STARTED:
        return record.boot_id == engine.boot_id and engine.paths.start_fifo(record.id).exists()
    return record.phase not in {ContainerPhase.CREATED, ContainerPhase.FAILED}


def _finish(engine: Engine, container_id: str) -> None:
    from runtimes.oci.container import teardown

    record = engine.containers.load(container_id)
    if record.phase in {ContainerPhase.CREATING, ContainerPhase.REMOVING}:
        teardown.destroy(engine, record)
    else:
        settle(engine, record)


def give_way(engine: Engine, unique_name: tuple[str, ...]) -> None:
    """Clear a half-made or half-removed container that still holds a name."""
    owner = engine.containers.owner(unique_name)
    if owner is None:
        return
    with suppress(errors.NotFound, errors.DataLoss):
        record = engine.containers.load(owner)
        if record.phase in {ContainerPhase.CREATING, ContainerPhase.REMOVING}:
            _finish_if_free(engine, owner)


def settle(engine: Engine, record: ContainerRecord) -> ContainerRecord:
    """Finish or undo an interrupted start; the caller holds the lock.

    Who looked may have seen a started one run, so it gets to. One that was being started is taken
    back: its program never ran, which is no failure of it. After a reboot its sandbox is gone.
    """
    from runtimes.oci.container import failure

    if not _is_half_way(engine, record):
        return record
    if record.phase is ContainerPhase.STARTING and record.boot_id == engine.boot_id:
        return failure.take_back(engine, record)
    failed = record.phase is ContainerPhase.STARTING or (
        record.phase is ContainerPhase.STARTED and not _gets_to_run(engine, record)
    )
    return failure.fail(engine, record, _INTERRUPTED) if failed else record


def _gets_to_run(engine: Engine, record: ContainerRecord) -> bool:
    from runtimes.oci.container.start import let_run
    from runtimes.oci.monitor.monitor import Created

    process, monitor = record.process, record.monitor
    if process is None or monitor is None or not (process.alive and monitor.alive):
        return False
    try:
        let_run(engine, record, Created(process, monitor))
    except (errors.Error, OSError) as error:
        log.warning("finish an interrupted start container=%s: %s", record.id, error)
        return False
    return True


def _discard_unreadable(engine: Engine, container_id: str, error: errors.Error) -> bool:
    """Remove a container that no call could name any more."""
    from runtimes.oci.container import teardown
    from runtimes.oci.state import stragglers

    with engine.containers.try_lock(container_id) as free:
        if not free:
            return False
        log.warning("removing a container with an unreadable record id=%s: %s", container_id, error)
        stragglers.kill(container_id)
        teardown.remove_cgroup(engine, _cgroup_in_bundle(engine, container_id))
        teardown.remove_files(engine, container_id)
        engine.containers.discard(container_id)
    return True


def _cgroup_in_bundle(engine: Engine, container_id: str) -> str:
    """The cgroup that the OCI spec names, where the record can't tell; empty if neither can."""
    import json

    try:
        spec = json.loads((engine.containers.folder(container_id) / "config.json").read_bytes())
        return str(spec["linux"]["cgroupsPath"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
