"""Wait until the Engine has noticed that a container ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

_SECONDS = 10.0
_PERIOD = 0.02


def await_end(engine: Engine, container_id: str, timeout: float = _SECONDS) -> None:
    """Raises:
    DeadlineExceeded: `timeout` seconds after its processes were killed it still runs.
    NotFound: it was removed meanwhile.
    """
    until = time.monotonic() + (deadline.remaining(timeout) or 0.0)
    while engine.docker.inspect_container(container_id)["State"]["Running"]:
        if time.monotonic() > until:
            raise errors.DeadlineExceeded(
                f"stop container '{container_id}': the Engine still says that it runs, {timeout:g} "
                "s after its processes were killed"
            )
        time.sleep(_PERIOD)
