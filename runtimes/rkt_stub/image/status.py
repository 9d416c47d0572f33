"""ImageStatus.

Source: CRI ImageStatus.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.image.list import to_cri

if TYPE_CHECKING:
    from runtimes.rkt_stub.shim.engine import ShimEngine


def image_status(
    engine: ShimEngine, image: cri.ImageSpec, *, verbose: bool
) -> cri.ImageStatusResponse:
    """Describe an image by reference or id; an absent one leaves `response.image` unset.

    Source: CRI ImageStatus.
    """
    found = engine.images.find(image.image)
    if found is None:
        return cri.ImageStatusResponse()
    answer = cri.ImageStatusResponse(image=to_cri(found))
    if verbose:
        answer.info["rkt"] = json.dumps(found.app)
    return answer
