"""CreateContainer: tells a missing image from a missing sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def create(runtime: Transport, image: Transport, request: cri.CreateContainerRequest) -> str:
    """Create a container.

    Runtimes answer NotFound for both; a look at the image makes it certain.

    Source: CRI CreateContainer; kubelet remote_runtime.go (CreateContainer).
    """
    try:
        answer = runtime.unary("CreateContainer", request, cri.CreateContainerResponse)
    except errors.NotFound as error:
        if _has_image(image, request.config.image):
            raise
        raise errors.ImageNotFound(
            f"create container '{request.config.metadata.name}': the runtime doesn't have image "
            f"'{request.config.image.image}'; pull it first"
        ) from error
    validate.require("CreateContainer", {"container_id": answer.container_id})
    return answer.container_id


def _has_image(image: Transport, spec: cri.ImageSpec) -> bool:
    request = cri.ImageStatusRequest(image=spec)
    return image.unary("ImageStatus", request, cri.ImageStatusResponse).HasField("image")
