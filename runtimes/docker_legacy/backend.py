"""What `runtimes.docker` and `runtimes.pod` find under the name `docker`."""

from __future__ import annotations

from runtimes.core.backend import Kind
from runtimes.core.planned import PlannedBackend

ERA = "1: before the CRI"

engine = PlannedBackend("docker", Kind.DOCKER, ERA, "Docker Engine as kubelet's DockerInterface")
backend = PlannedBackend("docker", Kind.POD, ERA, "Pods straight on Docker Engine")
