"""ReopenContainerLog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.dockershim.container import find
from runtimes.dockershim.logs import containers as logs

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine


def reopen_container_log(engine: Engine, container_id: str) -> None:
    """Continue the log in a new file at the same path, after the old one was renamed.

    What was written before goes to the old file. After an error there is no new file.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't running, or has no log.
    Source: CRI ReopenContainerLog.
    """
    found = find.running(engine, container_id, "reopen the log of")
    logs.reopen(engine, found["Id"])
