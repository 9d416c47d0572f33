"""Finish or undo what a killed process left half-way with a sandbox."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.dockershim.sandbox import teardown
from runtimes.dockershim.state.record import SandboxPhase

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

log = logging.getLogger(__name__)

_SETTLED = {SandboxPhase.READY, SandboxPhase.STOPPED}


def recover(engine: Engine) -> None:
    """Settle everything that nobody is working on; without anything, Docker isn't even asked."""
    engine.sandboxes.sweep()
    for record in engine.sandboxes.all():
        if record.phase not in _SETTLED:
            try:
                finish(engine, record.id)
            except (errors.Error, OSError) as error:
                log.warning("recovery is put off sandbox=%s: %s", record.id, error)


def finish(engine: Engine, key: str) -> None:
    """Carry an interrupted step to its end, unless somebody is at it."""
    with engine.sandboxes.try_lock(key) as free:
        if not free:
            return
        with suppress(errors.NotFound):
            record = engine.sandboxes.load(key)
            if record.phase is SandboxPhase.STOPPING:
                teardown.stop(engine, record)
            elif record.phase not in _SETTLED:
                teardown.destroy(engine, record)


def give_way(engine: Engine, unique_name: tuple[str, ...]) -> None:
    """Clear a half-made or half-removed sandbox that still holds a name.

    One whose record can't be read gives way, too: its container will, when the name is taken.
    """
    owner = engine.sandboxes.owner(unique_name)
    if owner is None:
        return
    try:
        record = engine.sandboxes.load(owner)
    except (errors.NotFound, errors.DataLoss) as error:
        log.warning("removing an unreadable record sandbox=%s: %s", owner, error)
        teardown.discard(engine, owner)
        return
    if record.phase not in {*_SETTLED, SandboxPhase.STOPPING}:
        finish(engine, owner)
