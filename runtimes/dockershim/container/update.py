"""UpdateContainerResources.

Source: CRI UpdateContainerResources; Docker refuses a memory limit above the old swap limit,
hence both go together.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cgroup import layout as cgroup_layout
from runtimes.core.cgroup import limits
from runtimes.core.docker.beyond import DockerUpdate
from runtimes.core.docker.cgroup import cgroup_of
from runtimes.core.docker.spec import resources
from runtimes.dockershim.container import find, status

if TYPE_CHECKING:
    from runtimes.core.cgroup.resources import Resources
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import ContainerInspect, UpdateConfig
    from runtimes.dockershim.engine import Engine


def update_container_resources(
    engine: Engine, container_id: str, linux: cri.LinuxContainerResources
) -> None:
    """Change limits of a created or running container, all of them or none; zeros are left.

    oom_score_adj can't be changed; it is left as it is.

    Raises:
        NotFound: no such container.
        FailedPrecondition: it has exited; or limits that Docker can't set, before it runs.
        InvalidArgument: a value that Docker or the kernel refuses.
        Unimplemented: this Engine can't change limits.
    Source: CRI UpdateContainerResources.
    """
    found = find.inspect(engine, container_id)
    _check_alive(found)
    docker = engine.docker
    if not isinstance(docker, DockerUpdate):
        raise errors.Unimplemented(
            f"update container '{found['Id']}': this Engine can't change limits"
        )
    beyond = resources.beyond_engine(linux, cgroup_layout.detect())
    before = resources.limits(status.resources(found["HostConfig"]))
    with ExitStack() as undo:
        if changes := resources.limits(linux):
            docker.update_container(found["Id"], changes)
            undo.callback(_put_back, docker, found["Id"], before)
        if beyond:
            _limit(engine, found, beyond)
        undo.pop_all()
    engine.cache.changed(found["Id"])


def _check_alive(found: ContainerInspect) -> None:
    state = found["State"]
    if not state["Running"] and state.get("Status", "") != "created":
        raise errors.FailedPrecondition(f"update container '{found['Id']}': it has exited")


def _put_back(docker: DockerUpdate, container_id: str, before: UpdateConfig) -> None:
    with suppress(errors.Error):
        docker.update_container(container_id, before)


def _limit(engine: Engine, found: ContainerInspect, changes: Resources) -> None:
    cgroup = cgroup_of(engine.processes, found)
    if cgroup is None:
        raise errors.FailedPrecondition(
            f"container '{found['Id']}' isn't running, so it has no cgroup whose {sorted(changes)} "
            "could be changed; start it first"
        )
    limits.update(cgroup_layout.detect(), cgroup, changes)
