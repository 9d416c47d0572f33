"""StartContainer.

    log recorded -> Docker's start -> limits that only the cgroup's files can set -> log followed

Source: CRI StartContainer; kubelet dockershim/docker_container.go.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import layout as cgroup_layout
from runtimes.core.cgroup import limits
from runtimes.core.docker.cgroup import cgroup_of
from runtimes.dockershim import labels
from runtimes.dockershim.container import find, pod
from runtimes.dockershim.container.state import cannot_run
from runtimes.dockershim.logs import containers as logs

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerInspect
    from runtimes.dockershim.engine import Engine


def start_container(engine: Engine, container_id: str) -> None:
    """Start a created container; return once its process exists.

    Limits that Docker can't set hold a moment after that: when they can't be set, it is killed.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it isn't CREATED, or its sandbox isn't READY.
        InvalidArgument: its program or its user isn't there, or can't be executed.
    Source: CRI StartContainer.
    """
    found = find.inspect(engine, container_id)
    container_id, state = found["Id"], found["State"]
    own = found["Config"].get("Labels") or {}
    if state["Running"] or state.get("Status", "created") != "created" or state["ExitCode"]:
        raise errors.FailedPrecondition(
            f"start container '{container_id}': it isn't created but "
            f"{state.get('Status', 'running')}; create a new attempt"
        )
    with pod.ready(engine, labels.sandbox_of(own), f"start container '{container_id}'"):
        logs.begin(engine, found)
        try:
            _start(engine, found)
            _limit(engine, container_id, own.get(labels.CGROUP_LIMITS, ""))
        finally:
            engine.cache.changed(container_id)
    logs.ensure_followed(engine)


def _start(engine: Engine, found: ContainerInspect) -> None:
    try:
        engine.docker.start_container(found["Id"])
    except errors.Error as error:
        engine.cache.changed(found["Id"])
        user = found["Config"].get("User", "").partition(":")[0]
        # A user that the image lacks is the caller's mistake, but an error of the Engine's by its
        # status, as is a full disk: only the Engine's words tell them apart.
        lacks = isinstance(error, errors.Internal) and user and f"user {user}" in str(error)
        if _failed(engine, found["Id"]) and lacks:
            raise errors.InvalidArgument(
                f"{error}; is user '{user}' in the image's /etc/passwd?"
            ) from error
        raise


def _failed(engine: Engine, container_id: str) -> bool:
    """Whether the Engine holds that it can't run; to look also notes it, for lists."""
    with suppress(errors.Error):
        return cannot_run(find.described(engine, container_id)["State"])
    return False


def _limit(engine: Engine, container_id: str, wanted: str) -> None:
    """Set what Docker couldn't; the limits are JSON, or ""."""
    if not wanted:
        return
    with ExitStack() as undo:
        undo.callback(engine.docker.stop_container, container_id, 0)
        cgroup = cgroup_of(engine.processes, engine.docker.inspect_container(container_id))
        if cgroup is not None:  # Else it has ended already.
            limits.update(cgroup_layout.detect(), cgroup, json.loads(wanted))
        undo.pop_all()
