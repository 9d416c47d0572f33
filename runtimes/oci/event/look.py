"""At which stage of its life a container or a sandbox is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.container import observe
from runtimes.oci.event.life import Stage
from runtimes.oci.sandbox import ready
from runtimes.oci.state.derive import State
from runtimes.oci.state.record import ContainerPhase, ContainerRecord, SandboxPhase, SandboxRecord

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine

_STAGES = {
    State.CREATED: Stage.CREATED,
    State.RUNNING: Stage.STARTED,
    State.EXITED: Stage.STOPPED,
}


def load(engine: Engine, object_id: str) -> ContainerRecord | SandboxRecord | None:
    """The record; None when there is none that can be read."""
    for store in (engine.containers, engine.sandboxes):
        try:
            return store.load(object_id)
        except errors.NotFound:
            continue
        except errors.Error:
            return None
    return None


def stage(engine: Engine, record: ContainerRecord | SandboxRecord) -> Stage:
    if isinstance(record, SandboxRecord):
        if record.phase is SandboxPhase.CREATING:
            return Stage.UNBORN
        return Stage.STARTED if ready.is_ready(engine, record) else Stage.STOPPED
    if record.phase is ContainerPhase.CREATING:
        return Stage.UNBORN
    if record.phase is ContainerPhase.STARTING:
        return Stage.CREATED
    if record.phase is ContainerPhase.REMOVING and not record.started_at_ns:
        return Stage.CREATED
    return _STAGES[observe.observe(engine, record).state]
