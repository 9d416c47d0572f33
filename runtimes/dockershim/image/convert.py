"""Docker's images as the CRI's. Pure.

Source: kubelet 1.22 dockershim/convert.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.image_names import is_pinned, real

if TYPE_CHECKING:
    from runtimes.core.docker.types import ImageInspect, ImageSummary


def from_summary(found: ImageSummary, sandbox_image: str) -> cri.Image:
    """One of a list; whose user it is isn't in Docker's."""
    return _image(found, sandbox_image)


def from_inspect(found: ImageInspect, sandbox_image: str) -> cri.Image:
    """An image with the user that it wants."""
    image = _image(found, sandbox_image)
    user = (found["Config"] or {}).get("User", "").partition(":")[0]
    if user.isdecimal():
        image.uid.value = int(user)
    else:
        image.username = user
    return image


def _image(found: ImageSummary | ImageInspect, sandbox_image: str) -> cri.Image:
    names = real(found["RepoTags"])
    return cri.Image(
        id=found["Id"],
        repo_tags=names,
        repo_digests=real(found["RepoDigests"]),
        size=max(0, found["Size"]),
        spec=cri.ImageSpec(image=found["Id"]),
        pinned=is_pinned(names, sandbox_image),
    )
