"""What `docker save` and `podman save` write: ``manifest.json``, configurations, layers.

Source: Docker image spec v1.2, "Combined Image JSON + Filesystem Changeset Format".
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.oci.image.archive.content import read
from runtimes.oci.image.archive.found import FileLayer, FoundImage

if TYPE_CHECKING:
    from runtimes.oci.image.archive.content import Content

MANIFEST = "manifest.json"


def is_docker_save(content: Content) -> bool:
    """Tell whether `manifest.json` is what `docker save` writes, and not some file of that name."""
    try:
        return bool(_entries(content))
    except errors.InvalidArgument:
        return False


def images(content: Content) -> list[FoundImage]:
    """List the images of an archive.

    Raises:
        InvalidArgument: it is malformed, or lacks what its manifest names.
    """
    return [_image(content, entry) for entry in _entries(content)]


def _entries(content: Content) -> list[dict[str, object]]:
    try:
        raw = json.loads(read(content, MANIFEST))
    except ValueError as error:
        raise errors.InvalidArgument(f"its {MANIFEST} is no JSON: {error}") from error
    if not isinstance(raw, list) or not all(_is_entry(item) for item in raw):
        raise errors.InvalidArgument(f"its {MANIFEST} is no list of images")
    return raw


def _is_entry(item: object) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("Config"), str)
        and _is_texts(item.get("Layers"))
        and _is_texts(item.get("RepoTags"))
    )


def _is_texts(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(item, str) for item in value)
    )


def _image(content: Content, entry: dict[str, object]) -> FoundImage:
    layers = [
        FileLayer(partial(content.open, path), size_bytes=content.size(path))
        for path in _texts(entry.get("Layers"))
    ]
    return FoundImage(
        config_data=read(content, str(entry["Config"])),
        layers=tuple(layers),
        blobs={},
        names=tuple(image_ref.normalise(tag) for tag in _texts(entry.get("RepoTags"))),
    )


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
