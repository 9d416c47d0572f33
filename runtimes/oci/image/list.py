"""ListImages and StreamImages: every image once, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image.convert import to_cri_image
from runtimes.oci.image.index import find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.image.record import ImageRecord
    from runtimes.oci.image.store import ImageStore


def list_images(store: ImageStore, filter: cri.ImageFilter | None = None) -> list[cri.Image]:
    """List all images, or the one that `filter.image.image` names; a wrong name matches none.

    Source: CRI ListImages.
    """
    records = store.records()
    name = filter.image.image if filter is not None else ""
    if not name:
        return [to_cri_image(record) for record in sorted(records.values(), key=_order)]
    try:
        record = find(records, name)
    except errors.InvalidArgument:
        return []
    return [to_cri_image(record)] if record is not None else []


def stream_images(store: ImageStore, filter: cri.ImageFilter | None = None) -> Iterator[cri.Image]:
    """Yield what `list_images` lists.

    Source: CRI StreamImages.
    """
    yield from list_images(store, filter)


def _order(record: ImageRecord) -> tuple[str, ...]:
    return (*record.references, record.id)
