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
    for container_id in engine.containers.ids():
        try:
            _recover(engine, container_id)
        except (errors.Error, OSError) as error:
            log.warning("recovery is put off container=%s: %s", container_id, error)


def _recover(engine: Engine, container_id: str) -> None:
    try:
        record = engine.containers.load(container_id)
    except errors.NotFound:
        record = None
    except errors.DataLoss as error:
        _discard_unreadable(engine, container_id, error)
        return
    if record is not None and not _is_half_way(engine, record):
        return
    with engine.containers.try_lock(container_id) as free:
        if free:
            _finish(engine, container_id)


def _is_half_way(engine: Engine, record: ContainerRecord) -> bool:
    if record.phase is ContainerPhase.STARTED:
        return record.boot_id == engine.boot_id and engine.paths.start_fifo(record.id).exists()
    return record.phase not in {ContainerPhase.CREATED, ContainerPhase.FAILED}


def _finish(engine: Engine, container_id: str) -> None:
    from runtimes.oci.container import teardown

    try:
        record = engine.containers.load(container_id)
    except errors.NotFound:
        engine.containers.discard(container_id)
        return
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
            _recover(engine, owner)


def settle(engine: Engine, record: ContainerRecord) -> ContainerRecord:
    """Undo an interrupted start; the caller holds the lock."""
    from runtimes.oci.container import failure

    if record.phase is ContainerPhase.STARTING or (
        record.phase is ContainerPhase.STARTED and _is_half_way(engine, record)
    ):
        return failure.fail(engine, record, _INTERRUPTED)
    return record


def _discard_unreadable(engine: Engine, container_id: str, error: errors.DataLoss) -> None:
    """Remove a container that no call could name any more."""
    from runtimes.oci.container import teardown
    from runtimes.oci.state import stragglers

    log.warning(
        "removing a container without a readable record container=%s: %s", *(container_id, error)
    )
    with engine.containers.try_lock(container_id) as free:
        if free:
            stragglers.kill(container_id)
            teardown.remove_files(engine, container_id)
            engine.containers.discard(container_id)
