"""InspectImage.

The Engine also finds images by a part of their id. A name that happens to be such a part must not
give an image that nobody asked for, so what it finds is compared with what was asked.

Source: Docker Engine API, ImageInspect; kubelet 1.4 kube_docker_client.go (InspectImage).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, image_segment

if TYPE_CHECKING:
    from runtimes.core.docker.types import ImageInspect
    from runtimes.docker_legacy.engine import Engine


def inspect(engine: Engine, image: str) -> ImageInspect:
    what = f"inspect image '{image}'"
    call = Call(
        what=what,
        method="GET",
        path=f"/images/{image_segment(image, what)}/json",
        absent=errors.ImageNotFound,
    )
    found: ImageInspect = complete.one(engine.call(call), call, complete.IMAGE_INSPECT)
    if not answers_to(found, image):
        raise errors.ImageNotFound(
            f"{what}: the Engine has '{found['Id']}' for that, which has another name; pull it"
        )
    return found


def answers_to(found: ImageInspect, image: str) -> bool:
    """Whether an image has that complete id, tag or digest."""
    if image.removeprefix("sha256:") == found["Id"].removeprefix("sha256:"):
        return True
    try:
        wanted = image_ref.parse(image).with_default_tag()
    except errors.InvalidArgument:
        return False
    if wanted.digest:
        name = f"{wanted.name}@{wanted.digest}"
        return name in {_normal(digest) for digest in found["RepoDigests"]}
    return str(wanted) in {_normal(tag) for tag in found["RepoTags"]}


def _normal(reference: str) -> str:
    try:
        return str(image_ref.parse(reference))
    except errors.InvalidArgument:
        return reference
