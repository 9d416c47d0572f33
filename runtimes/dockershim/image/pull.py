"""PullImage.

Source: CRI PullImage; kubelet 1.22 dockershim/docker_image.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.dockershim.image.auth import credentials

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.dockershim.engine import Engine


def pull_image(engine: Engine, image: cri.ImageSpec, auth: cri.AuthConfig | None) -> str:
    """Pull an image and return its id, which every other call names it by too.

    Bounded by the caller's deadline, and by the Engine's plugin when it makes no progress.

    Raises:
        ImageNotFound, RegistryUnavailable: as in the CRI's contract.
        Unauthenticated: the Engine says so; many answer 500, which is `RegistryUnavailable`.
        InvalidArgument: the name or the credentials make no sense.
    Source: CRI PullImage.
    """
    engine.docker.pull_image(image.image, credentials(auth))
    return engine.docker.inspect_image(image.image)["Id"]
