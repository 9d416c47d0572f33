"""ImageStatus: one image, or nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.image.convert import to_cri_image

if TYPE_CHECKING:
    from runtimes.oci.image.record import ImageRecord
    from runtimes.oci.image.store import ImageStore


def image_status(
    store: ImageStore, image: cri.ImageSpec, *, verbose: bool = False
) -> cri.ImageStatusResponse:
    """Describe an image by reference or id; one that isn't here leaves `image` unset.

    `verbose` adds ``info``: JSON with `imageSpec`, the configuration, and `layers`, chain ids.

    Raises:
        InvalidArgument: `image` can't name any image.
    Source: CRI ImageStatus.
    """
    record = store.find(image.image)
    if record is None:
        return cri.ImageStatusResponse()
    response = cri.ImageStatusResponse(image=to_cri_image(record))
    if verbose:
        response.info["info"] = json.dumps(_info(store, record))
    return response


def _info(store: ImageStore, record: ImageRecord) -> dict[str, object]:
    return {"imageSpec": store.config(record.id), "layers": record.chain, "blobs": record.blobs}
