"""Import images from files: no RPC of the CRI, but where a machine without a registry begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.oci.image.archive.open import opened
from runtimes.oci.image.install import install

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runtimes.oci.image.archive.found import FoundImage
    from runtimes.oci.image.store import ImageStore


def import_image(store: ImageStore, source: Path, name: str = "") -> list[str]:
    """Import a root file system, an OCI layout (file or folder) or what `docker save` wrote.

    Files may be compressed by gzip or zstd. A root file system needs a `name`; an archive with one
    image may be given one instead of its own. Importing again is harmless.

    Returns:
        The references that now exist; the id of an image without any.

    Raises:
        InvalidArgument: not such a file, or a broken one; or `name` is missing or wrong.
        ResourceExhausted: the disk is full.
    """
    wanted = image_ref.parse(name) if name else None
    if wanted is not None and wanted.digest:
        raise errors.InvalidArgument(f"import '{source}' as '{name}': a name can't have a digest")
    store.recover()
    try:
        with opened(source, store.layout.ingest) as found:
            named = _name_all(found, wanted)
            return [reference for pair in named for reference in _install(store, *pair)]
    except (errors.DataLoss, errors.InvalidArgument) as error:
        raise errors.InvalidArgument(f"import '{source}': {error}") from error


def _name_all(
    found: Sequence[FoundImage], wanted: image_ref.ImageRef | None
) -> list[tuple[FoundImage, tuple[str, ...]]]:
    if not found:
        raise errors.InvalidArgument("it holds no image")
    if wanted is None and found[0].is_bare:
        raise errors.InvalidArgument("a root file system has no name; give it one, like 'app:1'")
    if wanted is None:
        return [(image, image.names) for image in found]
    if len(found) > 1:
        names = ", ".join(name for image in found for name in image.names)
        raise errors.InvalidArgument(
            f"it holds {len(found)} images ({names or 'nameless'}), which can't all be called "
            f"'{wanted}'; leave the name out"
        )
    return [(found[0], (name_with_tag(wanted, found[0].tag),))]


def name_with_tag(wanted: image_ref.ImageRef, tag: str) -> str:
    """Complete a name by the tag that the archive has, or by ``latest``."""
    if wanted.tag or not tag:
        return str(wanted.with_default_tag())
    return image_ref.normalise(f"{wanted}:{tag}")


def _install(store: ImageStore, image: FoundImage, names: tuple[str, ...]) -> list[str]:
    new = image.to_install(names, what="read the archive")
    install(store, new, image.layers)
    return list(names) or [new.id]
