"""ListImages, StreamImages.

Source: CRI ListImages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.rkt_stub.images.store import StoredImage
    from runtimes.rkt_stub.shim.engine import ShimEngine


def list_images(engine: ShimEngine, filter: cri.ImageFilter | None) -> list[cri.Image]:
    """List images of registries; a reference in the filter selects the one that it means.

    Source: CRI ListImages.
    """
    wanted = "" if filter is None else filter.image.image
    if not wanted:
        return [to_cri(image) for image in engine.images.all()]
    found = engine.images.find(wanted)
    return [] if found is None else [to_cri(found)]


def to_cri(image: StoredImage) -> cri.Image:
    """Convert one; its user is a number or a name."""
    found = cri.Image(
        id=image.id,
        repo_tags=image.tags,
        repo_digests=image.digests,
        size=image.size_bytes,
        spec=cri.ImageSpec(image=image.id),
    )
    if image.user.isdecimal():
        found.uid.value = int(image.user)
    else:
        found.username = image.user
    return found
