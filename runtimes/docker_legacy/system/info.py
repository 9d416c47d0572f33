"""Info. Source: Docker Engine API, SystemInfo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call

if TYPE_CHECKING:
    from runtimes.core.docker.types import Info
    from runtimes.docker_legacy.engine import Engine


def info(engine: Engine) -> Info:
    call = Call(what="ask how the Engine is set up", method="GET", path="/info")
    found: Info = complete.one(engine.call(call), call, complete.INFO)
    return found
