"""RemoveImage.

Source: CRI RemoveImage: "must not return an error if the image has already been removed".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.docker import remove_image as of_engine
from runtimes.core.docker.find_image import find_image
from runtimes.core.docker.interface import ListOptions
from runtimes.dockershim import labels

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.dockershim.engine import Engine


def remove_image(engine: Engine, image: cri.ImageSpec) -> None:
    """Remove an image, found by any of its names, with all of them. Idempotent; absent is fine.

    Raises:
        FailedPrecondition: a container uses it, running or not; then it keeps all of its names.
    Source: CRI RemoveImage.
    """
    found = find_image(engine.docker, image.image)
    if found is None:
        return
    _check_unmounted(engine, found["Id"])
    of_engine.remove_image(engine.docker, found)


def _check_unmounted(engine: Engine, image_id: str) -> None:
    """The Engine doesn't count the containers that mount an image."""
    wanted = ListOptions(all=True, filters={"label": [labels.IMAGE_VOLUMES]})
    for one in engine.docker.list_containers(wanted):
        if image_id in {kept["id"] for kept in labels.image_volumes_of(one["Labels"])}:
            raise of_engine.in_use(image_id, one["Id"])
