"""CreateExec. Source: Docker Engine API, ContainerExec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import runs

if TYPE_CHECKING:
    from runtimes.core.docker.types import ExecConfig
    from runtimes.docker_legacy.call import Refusal
    from runtimes.docker_legacy.engine import Engine


def create(engine: Engine, container_id: str, config: ExecConfig) -> str:
    what = f"prepare a command in container '{container_id}'"
    call = Call(
        what=what,
        method="POST",
        path=f"/containers/{segment(container_id, what)}/exec",
        body=dict(config),
    )

    def decide(refusal: Refusal) -> errors.Error:
        if refusal.status >= 500 and not runs(engine, container_id):
            return refusal.error(errors.FailedPrecondition, "start the container first")
        return refusal.error()

    exec_id: str = complete.one(engine.call(call, decide), call, {"Id": ""})["Id"]
    return exec_id
