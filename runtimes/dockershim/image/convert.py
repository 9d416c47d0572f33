"""Docker's images as the CRI's. Pure.

Source: kubelet 1.22 dockershim/convert.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.docker.types import ImageInspect, ImageSummary

_NONE = "<none>"


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


def real(names: Iterable[str] | None) -> list[str]:
    """Names but for those that Docker makes up for an image without any."""
    return [name for name in names or () if _NONE not in name]


def is_pinned(names: Iterable[str], sandbox_image: str) -> bool:
    """Whether every pod needs it, so that kubelet mustn't collect it."""
    wanted = _full(sandbox_image)
    return any(_full(name) == wanted for name in names)


def _full(name: str) -> str:
    try:
        return image_ref.normalise(name)
    except errors.InvalidArgument:
        return name
