"""ListImages, StreamImages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.docker.find_image import find_image
from runtimes.core.docker.interface import ListOptions
from runtimes.dockershim.image.convert import from_summary

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.dockershim.engine import Engine


def list_images(engine: Engine, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
    """List images, or the one that answers to the filter's name.

    Source: CRI ListImages.
    """
    name = filter.image.image if filter is not None else ""
    wanted = find_image(engine.docker, name) if name else None
    if name and wanted is None:
        return []
    return [
        from_summary(one, engine.options.sandbox_image)
        for one in engine.docker.list_images(ListOptions())
        if wanted is None or one["Id"] == wanted["Id"]
    ]
