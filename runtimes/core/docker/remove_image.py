"""Remove an image with all of its names, for the backends that stand on an Engine.

Left to itself, an Engine takes off one of several names, and refuses an id that has several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.find_image import find_image
from runtimes.core.docker.image_names import real
from runtimes.core.docker.interface import ListOptions

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import ImageInspect


def remove_image(docker: DockerInterface, found: ImageInspect) -> None:
    """Remove it; what others remove at the same time is fine.

    One that a container uses is left as it is, names included: taking off its names would free
    nothing.

    Raises:
        FailedPrecondition: a container uses it, running or not.
    """
    wanted = ListOptions(all=True, filters={"ancestor": [found["Id"]]})
    for one in docker.list_containers(wanted):  # Those of images made from it, too.
        if _image_of(docker, one["Id"]) == found["Id"]:
            raise in_use(found["Id"], one["Id"])
    for name in names(found):
        if _id_of(docker, name) == found["Id"]:  # A pull may have given the name to another.
            _remove(docker, name)


def in_use(image_id: str, container_id: str) -> errors.FailedPrecondition:
    return errors.FailedPrecondition(
        f"remove image '{image_id}': container '{container_id}' uses it; remove that first"
    )


def names(found: ImageInspect) -> list[str]:
    """All names of an image, its id last. Pure."""
    return [*real(found["RepoTags"]), *real(found["RepoDigests"]), found["Id"]]


def _remove(docker: DockerInterface, name: str) -> None:
    """Take off a name; it's fine if it went with the last of them, or another call took it."""
    try:
        docker.remove_image(name)
    except errors.ImageNotFound:
        return
    except errors.Internal:  # The Engine's word for an image that goes at this moment.
        if find_image(docker, name) is not None:
            raise


def _id_of(docker: DockerInterface, name: str) -> str:
    try:
        return docker.inspect_image(name)["Id"]
    except errors.ImageNotFound:
        return ""


def _image_of(docker: DockerInterface, container_id: str) -> str:
    try:
        return docker.inspect_container(container_id)["Image"]
    except errors.NotFound:
        return ""
