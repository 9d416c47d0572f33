"""`rkt image export`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.rkt_stub.program.rkt import Rkt


def image_export(rkt: Rkt, image_id: str, target: Path) -> None:
    """Write an image as an ACI: a tar with ``manifest`` and ``rootfs/``."""
    words = ("image", "export", "--overwrite", image_id, str(target))
    rkt.ask(f"export image '{image_id}'", *words)
