"""ResizeExecTTY. Source: Docker Engine API, ExecResize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import patience
from runtimes.docker_legacy.call import Call, segment

if TYPE_CHECKING:
    from runtimes.docker_legacy.engine import Engine


def resize(engine: Engine, exec_id: str, height: int, width: int) -> None:
    what = f"resize the tty of command '{exec_id}'"
    call = Call(
        what=what,
        method="POST",
        path=f"/exec/{segment(exec_id, what)}/resize",
        params={"h": str(height), "w": str(width)},
    )
    engine.call_within(call, patience.unbounded())
