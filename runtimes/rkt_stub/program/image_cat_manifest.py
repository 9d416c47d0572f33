"""`rkt image cat-manifest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt
    from runtimes.rkt_stub.program.shapes import ImageManifest


def image_cat_manifest(rkt: Rkt, image_id: str) -> ImageManifest:
    words = ("image", "cat-manifest", image_id)
    found: ImageManifest = rkt.ask_json(f"read the manifest of image '{image_id}'", *words)
    return found
