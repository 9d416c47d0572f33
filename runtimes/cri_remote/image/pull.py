"""PullImage: as long as it takes, and a reference is the least to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import progress
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.cri_remote import validate

if TYPE_CHECKING:
    from runtimes.cri_remote.transport import Transport


def pull(
    images: Transport,
    image: cri.ImageSpec,
    auth: cri.AuthConfig | None,
    sandbox_config: cri.PodSandboxConfig | None,
) -> str:
    """Pull an image. The CRI tells no bytes, so progress is only that it began and ended.

    Source: CRI PullImage; kubelet remote_image.go (PullImage).
    """
    request = cri.PullImageRequest(image=image, auth=auth, sandbox_config=sandbox_config)
    progress.report(progress.Progress(image.image, "downloading"))
    answer = images.unary("PullImage", request, cri.PullImageResponse)
    validate.require("PullImage", {"image_ref": answer.image_ref})
    progress.report(progress.Progress(image.image, "done"))
    return answer.image_ref
