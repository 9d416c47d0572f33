"""One sandbox by its id: what is on record, and what Docker has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerSummary
    from runtimes.dockershim.engine import Engine
    from runtimes.dockershim.state.record import SandboxRecord


@dataclass(frozen=True, slots=True)
class Found:
    """Attributes:
    record: None when it was lost.
    summary: None when Docker has no such container any more.
    """

    id: str
    record: SandboxRecord | None
    summary: ContainerSummary | None


def every(engine: Engine) -> list[Found]:
    """All sandboxes that Docker or a record knows, newest first.

    Raises:
        Unavailable: the Engine doesn't answer.
    """
    records = {record.sandbox_id: record for record in engine.sandboxes.all() if record.sandbox_id}
    summaries = {summary["Id"]: summary for summary in engine.cache.sandboxes()}
    found = [Found(one, records.get(one), summaries.get(one)) for one in records | summaries]
    return sorted(found, key=created_at_ns, reverse=True)


def created_at_ns(found: Found) -> int:
    """Of the record, else by Docker, whose lists know seconds only."""
    if found.record is not None:
        return found.record.created_at_ns
    return 0 if found.summary is None else found.summary["Created"] * 1_000_000_000


def one(engine: Engine, id_or_prefix: str) -> Found:
    """Find one by its id or a unique beginning of it.

    A full id with a record costs no look at the others, and no call of Docker's.

    Raises:
        NotFound: nothing starts like that.
        InvalidArgument: several do, or it is empty.
    """
    record = engine.sandboxes.of(id_or_prefix)
    if record is not None:
        return Found(id_or_prefix, record, engine.cache.known(id_or_prefix))
    if not id_or_prefix:
        raise errors.InvalidArgument("find a sandbox: its id is empty")
    found = [one for one in every(engine) if one.id.startswith(id_or_prefix)]
    if not found:
        raise errors.NotFound(f"sandbox '{id_or_prefix}' does not exist")
    if len(found) > 1:
        raise errors.InvalidArgument(
            f"{len(found)} sandboxes start with '{id_or_prefix}'; give more of the id"
        )
    return found[0]
