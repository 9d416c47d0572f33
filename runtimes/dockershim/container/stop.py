"""StopContainer.

Source: CRI StopContainer: "idempotent, and must not return an error if the container has already
been stopped; must forcibly kill after the grace period"; kubernetes/kubernetes#31219 (a grace
period longer than the call's usual patience), moby/moby#39180 (Docker can't kill).
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cgroup import kill as cgroup_kill
from runtimes.core.cgroup import layout as cgroup_layout
from runtimes.core.docker.cgroup import cgroup_of
from runtimes.dockershim.container import find
from runtimes.dockershim.container.ended import await_end

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

log = logging.getLogger(__name__)


def stop_container(engine: Engine, container_id: str, timeout: int) -> None:
    """Send the stop signal, wait `timeout` seconds, then kill. Idempotent; absent is fine.

    Raises:
        DeadlineExceeded: the caller's time ran out before the grace period did.
    Source: CRI StopContainer.
    """
    with suppress(errors.NotFound):
        container_id = find.find(engine, container_id)["Id"]
        if engine.docker.inspect_container(container_id)["State"]["Running"]:
            stop(engine, container_id, timeout)


def stop(engine: Engine, container_id: str, timeout: int) -> None:
    """Stop one that runs, by its full id; what Docker can't kill is killed by its cgroup.

    Raises:
        NotFound: no such container.
        DeadlineExceeded: the caller's time ran out; or it can't be killed at all.
    """
    try:
        if timeout <= 0:
            _kill_at_once(engine, container_id)
        engine.docker.stop_container(container_id, timeout)
    except (errors.DeadlineExceeded, errors.Internal) as error:
        if deadline.remaining() == 0:
            raise
        log.warning("container=%s doesn't stop, so its cgroup is killed: %s", container_id, error)
        _kill(engine, container_id)
    finally:
        engine.cache.changed(container_id)


def _kill_at_once(engine: Engine, container_id: str) -> None:
    """Without a grace period there is no stop signal either, which Docker would send first."""
    pid = engine.docker.inspect_container(container_id)["State"]["Pid"]
    process = engine.processes.find(container_id, pid)
    if process is not None:
        process.kill()


def _kill(engine: Engine, container_id: str) -> None:
    found = engine.docker.inspect_container(container_id)
    if found["State"]["Running"]:
        cgroup = cgroup_of(engine.processes, found)
        if cgroup is not None:
            cgroup_kill.kill_all(cgroup_layout.detect(), cgroup)
        await_end(engine, container_id)
