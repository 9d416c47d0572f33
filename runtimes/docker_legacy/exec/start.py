"""StartExec. Source: Docker Engine API, ExecStart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import runs
from runtimes.docker_legacy.exec.inspect import inspect
from runtimes.docker_legacy.wire import pump
from runtimes.docker_legacy.wire.hijacked import Hijacked

if TYPE_CHECKING:
    from runtimes.core.docker.beyond import HijackedStream
    from runtimes.core.docker.interface import StreamOptions
    from runtimes.docker_legacy.call import Decide, Refusal
    from runtimes.docker_legacy.engine import Engine


def start(engine: Engine, exec_id: str, streams: StreamOptions, *, detach: bool) -> None:
    call = _call(exec_id, tty=streams.raw_terminal, detach=detach)
    if detach:
        engine.call(call, _decide(engine, exec_id))
        return
    _check_fresh(engine, exec_id, call.what)
    with engine.hijack(call, _decide(engine, exec_id)) as incoming:
        pump.run(incoming, pump.Sinks(streams, call.what))


def hijack(engine: Engine, exec_id: str, *, tty: bool) -> HijackedStream | None:
    if engine.endpoint.tls is not None:
        return None
    call = _call(exec_id, tty=tty, detach=False)
    _check_fresh(engine, exec_id, call.what)
    return Hijacked(engine.hijack(call, _decide(engine, exec_id)))


def _call(exec_id: str, *, tty: bool, detach: bool) -> Call:
    what = f"start command '{exec_id}'"
    return Call(
        what=what,
        method="POST",
        path=f"/exec/{segment(exec_id, what)}/start",
        body={"Detach": detach, "Tty": tty},
    )


def _decide(engine: Engine, exec_id: str) -> Decide:
    def decide(refusal: Refusal) -> errors.Error:
        if refusal.status >= 500 and _container_ended(engine, exec_id):
            return refusal.error(errors.FailedPrecondition, "start its container first")
        return refusal.error()

    return decide


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
