"""Remove what nobody needs: layers of removed images, and leftovers of killed processes.

Needed is what an image record names, what a living process leases, and what containers stand on.
Leases are read before records: a pull writes its record before it gives its lease up.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image import lock
from runtimes.oci.image.atomic import TEMPORARY
from runtimes.oci.image.layer import remove_to_trash
from runtimes.oci.image.lease import leased
from runtimes.oci.image.tree import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from runtimes.oci.image.layout import Layout
    from runtimes.oci.image.record import ImageRecord

logger = logging.getLogger(__name__)

_PARTIAL = ".part"
_KEEP_PARTIAL = 86400.0


def collect(
    layout: Layout,
    records: Callable[[], Mapping[str, ImageRecord]],
    in_use: Callable[[], Iterable[Path]],
) -> None:
    """Remove layers and blobs that are needed no more; nobody can begin to need them meanwhile.

    If `in_use` raises DataLoss, nobody knows what containers stand on, and all layers stay.
    """
    with lock.exclusive(layout.layers_lock):
        kept = {layout.layer(chain_id) for chain_id in leased(layout)}
        kept |= {
            layout.layer(chain_id) for record in records().values() for chain_id in record.chain
        }
        try:
            kept |= {path.parent for path in in_use()}
        except errors.DataLoss as error:
            logger.warning("no layer is removed while this can't be told: %s", error)
            kept |= set(layout.layers.iterdir())
        for folder in layout.layers.iterdir():
            if folder not in kept:
                remove_to_trash(layout, f"sha256:{folder.name}")
    _collect_blobs(layout, records)
    empty_trash(layout)


def _collect_blobs(layout: Layout, records: Callable[[], Mapping[str, ImageRecord]]) -> None:
    with lock.exclusive(layout.images_lock):
        kept = {
            layout.blob(blob)
            for record in records().values()
            for blob in (record.id, *record.blobs)
        }
        for path in layout.blobs.glob("*/*"):
            if path not in kept:
                path.unlink(missing_ok=True)


def empty_trash(layout: Layout) -> None:
    """Remove the trees on their way out; two at it at once don't disturb each other."""
    for tree in layout.trash.iterdir():
        with lock.attempt(layout.locks / f"trash-{tree.name}") as free:
            if free:
                _remove_or_tell(tree)


def recover(layout: Layout, *, now: float) -> None:
    """Clear what killed processes left: trees half unpacked, temporary files, trash, dead leases.

    `now`: seconds since the epoch.
    """
    with lock.exclusive(layout.layers_lock):
        leased(layout)
    with lock.attempt(layout.images_lock) as free:
        for path in _temporaries(layout) if free else ():
            path.unlink(missing_ok=True)
    for path in layout.ingest.iterdir():
        if path.name.endswith(_PARTIAL):
            _expire(layout, path, now)
        else:
            _drop_unpacked(layout, path)
    empty_trash(layout)


def _temporaries(layout: Layout) -> Iterator[Path]:
    yield from layout.images.glob(f"{TEMPORARY}*")
    yield from layout.blobs.glob(f"*/{TEMPORARY}*")


def _expire(layout: Layout, path: Path, now: float) -> None:
    with suppress(FileNotFoundError):
        if path.stat().st_mtime < now - _KEEP_PARTIAL:
            digest = path.name.removesuffix(_PARTIAL).replace("-", ":", 1)
            with lock.attempt(layout.partial_lock(digest)) as free:
                if free:
                    path.unlink(missing_ok=True)


def _drop_unpacked(layout: Layout, folder: Path) -> None:
    chain_id = f"sha256:{folder.name.partition('.')[0]}"
    with lock.attempt(layout.layer_lock(chain_id)) as free:
        if free:
            _remove_or_tell(folder)


def _remove_or_tell(tree: Path) -> None:
    try:
        remove_tree(tree)
    except (OSError, errors.FailedPrecondition) as error:
        logger.warning("leftover stays path=%s error=%s", tree, error)
