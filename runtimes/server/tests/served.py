"""What a served backend needs before its server starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.testimage.busybox import busybox
from runtimes.core.cri.services import ImageImporter

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.cri.services import CriService


def import_busybox(service: CriService, folder: Path) -> None:
    """Import the suite's image, which no RPC of the CRI can do."""
    assert isinstance(service, ImageImporter)
    archive = folder / "busybox.tar"
    archive.write_bytes(busybox().archive())
    service.import_image(archive)
