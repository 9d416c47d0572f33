"""`rkt image list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt
    from runtimes.rkt_stub.program.shapes import Image

WORDS = ("image", "list", "--full", "--format=json", "--sort=importtime")


def image_list(rkt: Rkt) -> list[Image]:
    """Every image of the store, those of rkt itself too; the oldest first."""
    found: list[Image] | None = rkt.ask_json("list rkt's images", *WORDS)
    return found or []
