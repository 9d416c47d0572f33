"""ImageStatus: an absent image is an answer, an empty one is a bug of the runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def status(images: Transport, image: cri.ImageSpec, *, verbose: bool) -> cri.ImageStatusResponse:
    """Source: CRI ImageStatus; kubelet remote_image.go (ImageStatus)."""
    request = cri.ImageStatusRequest(image=image, verbose=verbose)
    answer = images.unary("ImageStatus", request, cri.ImageStatusResponse)
    if answer.HasField("image"):
        validate.image(answer.image)
    return answer
