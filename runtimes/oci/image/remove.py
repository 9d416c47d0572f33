"""RemoveImage: forget an image, and its layers as soon as nothing stands on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.image.store import ImageStore


def remove_image(store: ImageStore, image: cri.ImageSpec) -> None:
    """Remove an image with all its names. Idempotent; absent is fine.

    Layers that containers stand on stay until those are gone and `ImageStore.collect` is called.

    Raises:
        InvalidArgument: `image` can't name any image.
        FailedPrecondition: it is pinned.
    Source: CRI RemoveImage: "This call is idempotent, and must not return an error if the image
        has already been removed."
    """
    store.remove(image.image)
    store.collect()
