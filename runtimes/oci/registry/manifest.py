"""Manifests and indexes, OCI's and Docker's: read with care, as anyone may have written them.

Source: OCI image-spec manifest.md and image-index.md; Docker image manifest version 2, schema 2.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import cast

from runtimes.core import errors
from runtimes.oci.image import digest

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
ACCEPTED = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)

_SCHEMA_1 = "application/vnd.docker.distribution.manifest.v1"
_CONFIGS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
    "application/octet-stream",  # Docker before 1.10
    "",
)
_LAYERS = (
    "application/vnd.oci.image.layer.",
    "application/vnd.docker.image.rootfs.",
    "application/octet-stream",
)
_MOST_MANIFESTS = 2000


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image was built for; empty fields say nothing."""

    architecture: str = ""
    os: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to a blob or manifest."""

    digest: str
    size_bytes: int
    media_type: str = ""
    platform: Platform | None = None
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    config: Descriptor
    layers: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class Index:
    manifests: tuple[Descriptor, ...]


def parse(data: bytes, media_type: str, *, what: str) -> Manifest | Index:
    """Read a manifest or index. What is inside decides; `media_type` only where that says nothing.

    Raises:
        InvalidArgument: it is neither, or no container image; the message starts with `what`.
        Unimplemented: a form given up long ago, or encrypted layers.
    """
    raw = _object(data, what)
    kind = _text(raw.get("mediaType")) or media_type.partition(";")[0].strip()
    if kind.startswith(_SCHEMA_1) or raw.get("schemaVersion") == 1:
        raise errors.Unimplemented(
            f"{what}: its manifest has schema 1, deprecated since 2016; push the image anew"
        )
    if raw.get("schemaVersion") != 2:
        raise errors.InvalidArgument(f"{what}: its manifest's schemaVersion is not 2")
    if "manifests" in raw and "layers" in raw:
        raise errors.InvalidArgument(f"{what}: a manifest and an index at once")
    if "manifests" in raw:
        return Index(_descriptors(raw["manifests"], what)[:_MOST_MANIFESTS])
    return _manifest(raw, what)


def _manifest(raw: dict[str, object], what: str) -> Manifest:
    config = _descriptor(raw.get("config"), what)
    if config.media_type not in _CONFIGS:
        raise errors.InvalidArgument(
            f"{what}: an artifact of type '{config.media_type}', not a container image"
        )
    layers = _descriptors(raw.get("layers") or [], what)
    for layer in layers:
        if layer.media_type.endswith("+encrypted"):
            raise errors.Unimplemented(f"{what}: layer {layer.digest} is encrypted")
        if not layer.media_type.startswith(_LAYERS):
            raise errors.InvalidArgument(
                f"{what}: layer {layer.digest} is of type '{layer.media_type}', no file system"
            )
    return Manifest(config, layers)


def _object(data: bytes, what: str) -> dict[str, object]:
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise errors.InvalidArgument(f"{what}: its manifest is no JSON: {error}") from error
    if not isinstance(raw, dict):
        raise errors.InvalidArgument(f"{what}: its manifest is no JSON object")
    return cast("dict[str, object]", raw)


def _descriptors(raw: object, what: str) -> tuple[Descriptor, ...]:
    if not isinstance(raw, list):
        raise errors.InvalidArgument(f"{what}: its manifest has no list where one belongs")
    return tuple(_descriptor(item, what) for item in raw)


def _descriptor(raw: object, what: str) -> Descriptor:
    if not isinstance(raw, dict):
        raise errors.InvalidArgument(f"{what}: its manifest lacks a descriptor")
    size = raw.get("size")
    if not isinstance(size, int) or size < 0:
        raise errors.InvalidArgument(f"{what}: a size in its manifest is {size!r:.40}")
    return Descriptor(
        digest=digest.check(raw.get("digest"), what=what),
        size_bytes=size,
        media_type=_text(raw.get("mediaType")),
        platform=_platform(raw.get("platform")),
        annotations=_texts(raw.get("annotations")),
    )


def _platform(raw: object) -> Platform | None:
    if not isinstance(raw, dict):
        return None
    return Platform(_text(raw.get("architecture")), _text(raw.get("os")), _text(raw.get("variant")))


def _texts(raw: object) -> dict[str, str]:
    if not isinstance(raw, dict):
        return {}
    return {key: value for key, value in raw.items() if isinstance(value, str)}


def _text(raw: object) -> str:
    return raw if isinstance(raw, str) else ""
