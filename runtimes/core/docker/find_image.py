"""Find an image by tag, digest, id, or the beginning of its id."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.docker.interface import ListOptions

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import ImageInspect

_SHORT_ID = re.compile(r"(?:sha256:)?([0-9a-f]{4,63})")
_SHA256 = "sha256:"


def find_image(docker: DockerInterface, image: str) -> ImageInspect | None:
    """The image; None when none answers to that name, or several ids begin so.

    A name wins over the beginning of an id.

    Raises:
        InvalidArgument: it is empty, or no name at all.
    """
    if not image:
        raise errors.InvalidArgument("find an image: its name is empty")
    try:
        return docker.inspect_image(image)
    except errors.ImageNotFound:
        return _by_short_id(docker, image)


def _by_short_id(docker: DockerInterface, image: str) -> ImageInspect | None:
    short = _SHORT_ID.fullmatch(image)
    if short is None:
        return None
    ids = [one["Id"] for one in docker.list_images(ListOptions())]
    found = [one for one in ids if one.removeprefix(_SHA256).startswith(short[1])]
    if len(found) != 1:
        return None
    try:
        return docker.inspect_image(found[0])
    except errors.ImageNotFound:
        return None  # Removed meanwhile.
