"""`rkt image rm`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Rkt


def image_rm(rkt: Rkt, image_id: str) -> None:
    """Idempotent: rkt itself exits with 0 for an image that isn't there."""
    rkt.ask(f"remove image '{image_id}'", "image", "rm", image_id)
