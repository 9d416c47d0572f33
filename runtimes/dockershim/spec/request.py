"""Everything that a container is created from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.facts import EngineHost
    from runtimes.core.docker.spec.image_volume import ImageVolume


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """One container to be.

    Attributes:
        name: unique in the Engine.
        config: as the CRI call gave it.
        image_id: of its image, which is here.
        created_at_ns: now.
        sandbox_id: Docker's full id.
        handler: the sandbox's runtime handler.
        cgroup_parent: as the Engine's cgroup driver wants it, or "".
        log_path: absolute, or "" for no log.
        host: what it can be given.
        image_volumes: the mounted images, by the path that they are asked for at.
        pod_files: container path -> host path of files that the sandbox owns.
    """

    name: str
    config: cri.ContainerConfig
    image_id: str
    created_at_ns: int
    sandbox_id: str
    handler: str
    cgroup_parent: str
    log_path: str
    host: EngineHost
    image_volumes: Mapping[str, ImageVolume] = field(default_factory=dict)
    pod_files: Mapping[str, Path] = field(default_factory=dict)
