"""Wait for a removal that somebody else has begun."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

_SECONDS = 20.0
_PERIOD = 0.05


def await_gone(engine: Engine, container_id: str, refusal: errors.Error) -> None:
    """Return once the Engine doesn't know the container any more.

    Raises:
        FailedPrecondition: `refusal`, when it is still there in the end.
    """
    until = time.monotonic() + (deadline.remaining(_SECONDS) or 0.0)
    with suppress(errors.NotFound):
        while time.monotonic() < until:
            engine.docker.inspect_container(container_id)
            time.sleep(_PERIOD)
        raise refusal
