"""ImageStatus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.find_image import find_image
from runtimes.dockershim.image.convert import from_inspect

if TYPE_CHECKING:
    from runtimes.core.docker.types import ImageInspect
    from runtimes.dockershim.engine import Engine


def image_status(
    engine: Engine, image: cri.ImageSpec, *, verbose: bool = False
) -> cri.ImageStatusResponse:
    """Describe an image by tag, digest or id; an absent one is an answer without an image.

    Source: CRI ImageStatus.
    """
    found = find_image(engine.docker, image.image)
    if found is None:
        return cri.ImageStatusResponse()
    return cri.ImageStatusResponse(
        image=from_inspect(found, engine.options.sandbox_image),
        info=_info(engine, found) if verbose else None,
    )


def _info(engine: Engine, found: ImageInspect) -> dict[str, str]:
    facts = {
        "config": found["Config"],
        "architecture": found["Architecture"],
        "os": found["Os"],
        "created": found["Created"],
        "layers": found.get("RootFS", {}).get("Layers", []),
        "history": engine.docker.image_history(found["Id"]),
    }
    return {"info": json.dumps(facts)}
