"""Logs. Source: Docker Engine API, ContainerLogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy.call import Call, segment
from runtimes.docker_legacy.wire.pump import Sinks, receive

if TYPE_CHECKING:
    from runtimes.core.docker.interface import LogsOptions, StreamOptions
    from runtimes.docker_legacy.engine import Engine


def logs(engine: Engine, container_id: str, options: LogsOptions, streams: StreamOptions) -> None:
    what = f"read the log of container '{container_id}'"
    call = Call(
        what=what,
        method="GET",
        path=f"/containers/{segment(container_id, what)}/logs",
        params=parameters(options),
    )
    with engine.stream(call) as incoming:
        receive(incoming, Sinks(streams, what))


def parameters(options: LogsOptions) -> dict[str, str]:
    """The query that asks for what `options` say."""
    params = {
        "stdout": str(int(options.stdout)),
        "stderr": str(int(options.stderr)),
        "timestamps": str(int(options.timestamps)),
        "follow": str(int(options.follow)),
        "tail": "all" if options.tail is None else str(options.tail),
    }
    return {**params, "since": f"{options.since:.9f}"} if options.since > 0 else params
