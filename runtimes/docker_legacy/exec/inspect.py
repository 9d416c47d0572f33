"""InspectExec. Source: Docker Engine API, ExecInspect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, segment

if TYPE_CHECKING:
    from runtimes.core.docker.types import ExecInspect
    from runtimes.docker_legacy.engine import Engine


def inspect(engine: Engine, exec_id: str) -> ExecInspect:
    what = f"inspect command '{exec_id}'"
    call = Call(what=what, method="GET", path=f"/exec/{segment(exec_id, what)}/json")
    found: ExecInspect = complete.one(engine.call(call), call, complete.EXEC_INSPECT)
    # Podman answers 0 where Docker has null.
    return {**found, "ExitCode": None} if found["Running"] else found
