"""StartExec. Source: Docker Engine API, ExecStart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import runs
from runtimes.docker_legacy.exec.inspect import inspect
from runtimes.docker_legacy.wire import pump

if TYPE_CHECKING:
    from runtimes.core.docker.interface import StreamOptions
    from runtimes.docker_legacy.call import Refusal
    from runtimes.docker_legacy.engine import Engine


def start(engine: Engine, exec_id: str, streams: StreamOptions, *, detach: bool) -> None:
    what = f"start command '{exec_id}'"
    call = Call(
        what=what,
        method="POST",
        path=f"/exec/{segment(exec_id, what)}/start",
        body={"Detach": detach, "Tty": streams.raw_terminal},
    )

    def decide(refusal: Refusal) -> errors.Error:
        if refusal.status >= 500 and _container_ended(engine, exec_id):
            return refusal.error(errors.FailedPrecondition, "start its container first")
        return refusal.error()

    if detach:
        engine.call(call, decide)
        return
    _check_fresh(engine, exec_id, what)
    with engine.hijack(call, decide) as incoming:
        pump.run(incoming, pump.Sinks(streams, what))


def _check_fresh(engine: Engine, exec_id: str, what: str) -> None:
    """Refuse one that was started before: the Engine would say so in its output only."""
    found = inspect(engine, exec_id)
    if found["Running"] or found.get("Pid") or found["ExitCode"]:
        raise errors.FailedPrecondition(f"{what}: it was started before; prepare another")


def _container_ended(engine: Engine, exec_id: str) -> bool:
    try:
        container_id = inspect(engine, exec_id)["ContainerID"]
    except errors.Error:
        return False
    return not runs(engine, container_id)
