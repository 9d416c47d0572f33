"""What a container takes from its sandbox."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.spec.cgroup_parent import cgroup_parent
from runtimes.dockershim.sandbox import files
from runtimes.dockershim.sandbox.ready import is_ready

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from runtimes.dockershim.engine import Engine


@dataclass(frozen=True, slots=True)
class Pod:
    """A READY sandbox.

    Attributes:
        id: Docker's.
        handler: its runtime handler.
        cgroup_parent: in the words of the Engine's cgroup driver.
        files: container path -> the file that the sandbox owns.
    """

    id: str
    config: cri.PodSandboxConfig
    handler: str
    cgroup_parent: str
    files: Mapping[str, Path]


@contextmanager
def ready(engine: Engine, sandbox_id: str, what: str) -> Iterator[Pod]:
    """Keep a sandbox as it is for the block.

    Raises:
        FailedPrecondition: it isn't READY, or nothing is known of it.
    """
    record = engine.sandboxes.of(sandbox_id)
    if record is None:
        raise errors.FailedPrecondition(
            f"{what}: nothing is known of sandbox '{sandbox_id}'; remove it and make another"
        )
    with engine.sandboxes.lock(record.id, shared=True) as found:
        if not is_ready(engine, found, engine.cache.known(sandbox_id)):
            raise errors.FailedPrecondition(f"{what}: sandbox '{sandbox_id}' isn't ready")
        config = cri.PodSandboxConfig.FromString(found.config)
        driver = engine.facts.cgroup_driver()
        parent = cgroup_parent(config.linux.cgroup_parent, driver)
        mounts = files.mounts(engine.paths, found.id)
        yield Pod(sandbox_id, config, found.runtime_handler, parent, mounts)
