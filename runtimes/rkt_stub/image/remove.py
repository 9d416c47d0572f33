"""RemoveImage.

Source: CRI RemoveImage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.rkt_stub.program.image_rm import image_rm

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.rkt_stub.shim.engine import ShimEngine


def remove_image(engine: ShimEngine, image: cri.ImageSpec) -> None:
    """Remove it; containers keep what they have of it. Idempotent; absent is fine.

    Source: CRI RemoveImage.
    """
    found = engine.images.find(image.image)
    if found is not None:
        image_rm(engine.rkt, found.id)
