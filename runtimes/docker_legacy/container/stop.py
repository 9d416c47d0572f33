"""StopContainer. Source: Docker Engine API, ContainerStop (304: it has ended already)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import patience
from runtimes.docker_legacy.call import Call, segment

if TYPE_CHECKING:
    from runtimes.docker_legacy.engine import Engine


def stop(engine: Engine, container_id: str, timeout: int) -> None:
    what = f"stop container '{container_id}'"
    grace = max(timeout, 0)
    call = Call(
        what=what,
        method="POST",
        path=f"/containers/{segment(container_id, what)}/stop",
        params={"t": str(grace)},
    )
    engine.call_within(call, patience.stop(engine.base_timeout, grace))
