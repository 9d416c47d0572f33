"""AttachToContainer. Source: Docker Engine API, ContainerAttach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.container.inspect import inspect
from runtimes.docker_legacy.wire import pump

if TYPE_CHECKING:
    from runtimes.core.docker.interface import StreamOptions
    from runtimes.docker_legacy.engine import Engine


def attach(engine: Engine, container_id: str, streams: StreamOptions) -> None:
    what = f"attach to container '{container_id}'"
    state = inspect(engine, container_id)["State"]
    if not state["Running"] or state["Paused"]:
        # The Engine itself would wait for its start, forever if need be.
        raise errors.FailedPrecondition(f"{what}: it doesn't run; start it first")
    call = Call(
        what=what,
        method="POST",
        path=f"/containers/{segment(container_id, what)}/attach",
        params=parameters(streams),
    )
    with engine.hijack(call) as incoming:
        pump.run(incoming, pump.Sinks(streams, what))


def parameters(streams: StreamOptions) -> dict[str, str]:
    """The query that asks for the streams that are there; a tty has no stderr of its own."""
    wanted = {
        "stream": True,
        "stdin": streams.input is not None,
        "stdout": streams.output is not None,
        "stderr": streams.error is not None and not streams.raw_terminal,
    }
    return {name: str(int(flag)) for name, flag in wanted.items()}
