"""AttachToContainer. Source: Docker Engine API, ContainerAttach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.beyond import Streams
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import inspect
from runtimes.docker_legacy.wire import pump
from runtimes.docker_legacy.wire.hijacked import Hijacked

if TYPE_CHECKING:
    from runtimes.core.docker.beyond import HijackedStream
    from runtimes.core.docker.interface import StreamOptions
    from runtimes.docker_legacy.engine import Engine


def attach(engine: Engine, container_id: str, streams: StreamOptions) -> None:
    wanted = Streams(
        tty=streams.raw_terminal,
        stdin=streams.input is not None,
        stdout=streams.output is not None,
        stderr=streams.error is not None,
    )
    call = _call(engine, container_id, wanted)
    with engine.hijack(call) as incoming:
        pump.run(incoming, pump.Sinks(streams, call.what))


def hijack(engine: Engine, container_id: str, streams: Streams) -> HijackedStream | None:
    if engine.endpoint.tls is not None:
        return None
    return Hijacked(engine.hijack(_call(engine, container_id, streams)))


def _call(engine: Engine, container_id: str, streams: Streams) -> Call:
    what = f"attach to container '{container_id}'"
    state = inspect(engine, container_id)["State"]
    if not state["Running"] or state["Paused"]:
        # The Engine itself would wait for its start, forever if need be.
        raise errors.FailedPrecondition(f"{what}: it doesn't run; start it first")
    return Call(
        what=what,
        method="POST",
        path=f"/containers/{segment(container_id, what)}/attach",
        params=parameters(streams),
    )


def parameters(streams: Streams) -> dict[str, str]:
    """The query that asks for the streams that are there; a tty has no stderr of its own."""
    wanted = {
        "stream": True,
        "stdin": streams.stdin,
        "stdout": streams.stdout,
        "stderr": streams.stderr and not streams.tty,
    }
    return {name: str(int(flag)) for name, flag in wanted.items()}
