"""ResizeContainerTTY. Source: Docker Engine API, ContainerResize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import patience
from runtimes.docker_legacy.call import Call, segment

if TYPE_CHECKING:
    from runtimes.docker_legacy.engine import Engine


def resize(engine: Engine, container_id: str, height: int, width: int) -> None:
    what = f"resize the tty of container '{container_id}'"
    call = Call(
        what=what,
        method="POST",
        path=f"/containers/{segment(container_id, what)}/resize",
        params={"h": str(height), "w": str(width)},
    )
    engine.call_within(call, patience.unbounded())
