"""What rkt has of images of registries: found by name, by id or by digest.

rkt renames an image when it converts it, so its own name is read from its annotations; images of
other origin, such as rkt's own stage1, are left out. A manifest never changes: each is read once.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.rkt_stub.program.image_cat_manifest import image_cat_manifest
from runtimes.rkt_stub.program.image_list import image_list

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt
    from runtimes.rkt_stub.program.shapes import AppSettings, Image, ImageManifest

_PREFIX = "appc.io/docker/"
NO_APP: AppSettings = {"exec": [], "user": "0", "group": "0"}


@dataclass(frozen=True, slots=True)
class StoredImage:
    """Attributes:
    id: rkt's own, ``sha512-`` and 64 digits.
    name: as it was fetched, with a tag or a digest.
    digest: of the registry's manifest; empty when rkt didn't note it.
    entrypoint, cmd: the image's own, before rkt joined them.
    """

    id: str
    name: str
    digest: str
    size_bytes: int
    app: AppSettings
    entrypoint: tuple[str, ...]
    cmd: tuple[str, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        return () if "@" in self.name else (self.name,)

    @property
    def digests(self) -> tuple[str, ...]:
        reference = image_ref.parse(self.name)
        repository = self.name.partition("@")[0].removesuffix(f":{reference.tag}")
        return (f"{repository}@{self.digest}",) if self.digest else ()

    @property
    def user(self) -> str:
        """``root`` and ``0`` are the same: nobody said anything."""
        return self.app["user"] if self.app["user"] != "0" else ""


@dataclass(slots=True)
class ImageStore:
    """Thread-safe."""

    rkt: Rkt
    _known: dict[str, ImageManifest] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self) -> list[StoredImage]:
        """Those of registries; of two with one name the older one has lost it."""
        found = [self._described(one) for one in image_list(self.rkt)]
        return [image for image in found if image is not None]

    def _described(self, one: Image) -> StoredImage | None:
        """None also for one that was removed meanwhile."""
        try:
            return stored(one["id"], one["size"], self._manifest(one["id"]))
        except errors.Internal:
            if one["id"] in {other["id"] for other in image_list(self.rkt)}:
                raise
            return None

    def find(self, reference: str) -> StoredImage | None:
        """By id, or by name; the newest of that name."""
        return find(self.all(), reference)

    def _manifest(self, image_id: str) -> ImageManifest:
        with self._lock:
            known = self._known.get(image_id)
        if known is None:
            known = image_cat_manifest(self.rkt, image_id)
            with self._lock:
                self._known[image_id] = known
        return known


def stored(image_id: str, size: int, manifest: ImageManifest) -> StoredImage | None:
    """Describe an image; None for one of no registry."""
    notes = {one["name"]: one["value"] for one in manifest.get("annotations", ())}
    name = notes.get(f"{_PREFIX}originalname", "")
    if not name:
        return None
    return StoredImage(
        id=image_id,
        name=image_ref.with_default_tag(name),
        digest=notes.get(f"{_PREFIX}manifesthash", ""),
        size_bytes=size,
        app=manifest.get("app", NO_APP),
        entrypoint=_words(notes.get(f"{_PREFIX}entrypoint", "")),
        cmd=_words(notes.get(f"{_PREFIX}cmd", "")),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()


def find(images: list[StoredImage], reference: str) -> StoredImage | None:
    by_id = next((image for image in images if image.id == reference), None)
    if by_id is not None or not reference:
        return by_id
    try:
        wanted = image_ref.normalise(reference)
    except errors.InvalidArgument:
        return None
    newest_first = reversed(images)
    return next((image for image in newest_first if wanted in _names(image)), None)


def _names(image: StoredImage) -> set[str]:
    return {image_ref.normalise(name) for name in (image.name, *image.digests)}
