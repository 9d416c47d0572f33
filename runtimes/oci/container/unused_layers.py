"""Layers of removed images: they stay as long as a container stands on them, and no longer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.oci.engine import Engine

log = logging.getLogger(__name__)


def collect(engine: Engine, image_ids: Iterable[str]) -> None:
    """Free the layers of images that are gone, after a container of theirs was removed.

    What can't be freed now is freed with the next image.
    """
    try:
        if any(engine.images.find(image_id) is None for image_id in set(image_ids)):
            engine.images.collect()
    except (errors.Error, OSError) as error:
        log.warning("freeing unused layers is put off: %s", error)
