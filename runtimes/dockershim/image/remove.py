"""RemoveImage.

Source: CRI RemoveImage: "must not return an error if the image has already been removed".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.interface import ListOptions
from runtimes.dockershim import labels
from runtimes.dockershim.image.convert import real
from runtimes.dockershim.image.find import find

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.core.docker.types import ImageInspect
    from runtimes.dockershim.engine import Engine


def remove_image(engine: Engine, image: cri.ImageSpec) -> None:
    """Remove an image, found by any of its names, with all of them. Idempotent; absent is fine.

    One that a container uses is left as it is, names included: taking off its names would free
    nothing.

    Raises:
        FailedPrecondition: a container uses it, running or not.
    Source: CRI RemoveImage.
    """
    found = find(engine, image.image)
    if found is None:
        return
    _check_unused(engine, found)
    for name in names(found):
        _remove(engine, name)


def _remove(engine: Engine, name: str) -> None:
    """Take off a name; it's fine if it went with the last of them, or another call took it."""
    try:
        engine.docker.remove_image(name)
    except errors.ImageNotFound:
        return
    except errors.Internal:  # The Engine's word for an image that goes at this moment.
        if find(engine, name) is not None:
            raise


def names(found: ImageInspect) -> list[str]:
    """All names of an image, its id last. Pure."""
    return [*real(found["RepoTags"]), *real(found["RepoDigests"]), found["Id"]]


def _check_unused(engine: Engine, found: ImageInspect) -> None:
    wanted = ListOptions(all=True, filters={"ancestor": [found["Id"]]})
    made_from = [one["Id"] for one in engine.docker.list_containers(wanted)]
    users = [one for one in made_from if _image_of(engine, one) == found["Id"]]
    users += _mounted_by(engine, found["Id"])
    if users:
        raise errors.FailedPrecondition(
            f"remove image '{found['Id']}': container '{users[0]}' uses it; remove that first"
        )


def _mounted_by(engine: Engine, image_id: str) -> list[str]:
    """The containers that mount an image: the Engine doesn't count them."""
    wanted = ListOptions(all=True, filters={"label": [labels.IMAGE_VOLUMES]})
    return [
        one["Id"]
        for one in engine.docker.list_containers(wanted)
        if image_id in {kept["id"] for kept in labels.image_volumes_of(one["Labels"])}
    ]


def _image_of(engine: Engine, container_id: str) -> str:
    try:
        return engine.docker.inspect_container(container_id)["Image"]
    except errors.NotFound:
        return ""
