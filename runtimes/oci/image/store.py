"""The image store: what is there, what it is called, and what may go.

Security: the folders below the root are its owner's alone, since layers hold setuid programs.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image import atomic, collect, config, index, layer, lock
from runtimes.oci.image.layout import Layout
from runtimes.oci.image.record import ImageRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from runtimes.oci.image.config import ImageConfig


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image ready to run.

    Attributes:
        id: ``sha256:`` and the digest of its configuration.
        config: as the image's author wrote it; its `config` holds Env, Entrypoint and so on.
        layers: unpacked trees, bottom first, in the form that overlayfs stacks.
        tags: full references, e.g. ``docker.io/library/busybox:latest``.
        digests: full references by digest.
        size_bytes: disk space of its layers, shared ones included.
    """

    id: str
    config: ImageConfig
    layers: tuple[Path, ...]
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size_bytes: int
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class NewImage:
    """What a record is made of, once the layers are in place.

    Attributes:
        id: the digest of `config_data`.
        config_data: the configuration, byte for byte.
        blobs: its manifests by digest.
        tags: full references that shall name it from now on.
        digests: full references by digest.
    """

    id: str
    config_data: bytes
    config: ImageConfig
    blobs: Mapping[str, bytes]
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()


def _nothing() -> Iterable[Path]:
    return ()


class ImageStore:
    """Images under one folder. Thread-safe; several processes may share the folder.

    Args:
        root: made when missing.
        in_use: tells the layers (paths as in `StoredImage.layers`) that containers stand on; those
            stay after their image is removed, until `collect` finds them free.
    """

    def __init__(self, root: Path, in_use: Callable[[], Iterable[Path]] = _nothing) -> None:
        self.layout = Layout(root)
        self.layout.create()
        self._in_use = in_use
        self._index = index.RecordIndex(self.layout.images)
        self._configs: dict[str, ImageConfig] = {}

    def records(self) -> dict[str, ImageRecord]:
        """Return all records by id; quick, as only changed ones are read."""
        return self._index.read()

    def find(self, name: str) -> ImageRecord | None:
        """Find an image by reference, id, beginning of an id, or digest; None if it isn't here.

        Raises:
            InvalidArgument: `name` can't name an image, or is the beginning of several ids.
        """
        return index.find(self.records(), name)

    def resolve(self, name: str) -> StoredImage:
        """Find an image as `find` does.

        Raises:
            ImageNotFound: it isn't here.
            InvalidArgument: as `find`.
            DataLoss: its configuration is damaged; pull or import it again.
        """
        record = self.find(name)
        if record is None:
            raise errors.ImageNotFound(f"image '{name}' isn't here; pull or import it first")
        return StoredImage(
            id=record.id,
            config=self.config(record.id),
            layers=tuple(self.layout.tree(chain) for chain in record.chain),
            tags=tuple(sorted(record.tags)),
            digests=record.digests,
            size_bytes=record.size_bytes,
            pinned=record.pinned,
        )

    def config(self, image_id: str) -> ImageConfig:
        """Read an image's configuration.

        Raises:
            DataLoss: it is gone or damaged.
        """
        known = self._configs.get(image_id)
        if known is None:
            known = config.parse(self.blob(image_id), what=f"image '{image_id}'")
            self._configs[image_id] = known
        return known

    def blob(self, blob_digest: str) -> bytes:
        """Read a configuration or manifest.

        Raises:
            DataLoss: it is gone.
        """
        try:
            return self.layout.blob(blob_digest).read_bytes()
        except OSError as error:
            raise errors.DataLoss(
                f"read blob '{blob_digest}': {error.strerror}; remove the image and pull it again"
            ) from error

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep `collect` from removing anything meanwhile.

        Resolve an image and record the snapshot that stands on it inside; it should take no longer
        than that, as every removal waits.
        """
        with lock.shared(self.layout.layers_lock):
            yield

    def commit(self, new: NewImage) -> ImageRecord:
        """Record an image whose layers are in place and leased; its tags leave other images."""
        chain = tuple(place.chain_id for place in layer.places(new.config["rootfs"]["diff_ids"]))
        atomic.sync_filesystem(self.layout.layers)
        with lock.exclusive(self.layout.images_lock):
            for blob_digest, data in {**new.blobs, new.id: new.config_data}.items():
                self._write_blob(blob_digest, data)
            records = self.records()
            record = merge(records, new, chain, self._size(new, chain))
            self._index.write(record)
            for other in records.values():
                kept = {tag: stamp for tag, stamp in other.tags.items() if tag not in new.tags}
                if other.id != new.id and len(kept) < len(other.tags):
                    self._index.write(replace(other, tags=kept))
        return record

    def pin(self, name: str, *, pinned: bool = True) -> None:
        """Protect an image from removal, or no more.

        Raises:
            ImageNotFound: it isn't here.
        """
        with lock.exclusive(self.layout.images_lock):
            record = self.find(name)
            if record is None:
                raise errors.ImageNotFound(f"pin image '{name}': it isn't here; pull it first")
            self._index.write(replace(record, pinned=pinned))

    def remove(self, name: str) -> bool:
        """Forget an image with all its names; tell whether it was there.

        Raises:
            FailedPrecondition: it is pinned.
        """
        with lock.exclusive(self.layout.images_lock):
            record = self.find(name)
            if record is None:
                return False
            if record.pinned:
                raise errors.FailedPrecondition(
                    f"remove image '{name}': it is pinned, as something relies on it; unpin it"
                )
            self._index.delete(record.id)
            self._configs.pop(record.id, None)
        return True

    def collect(self) -> None:
        """Remove layers and blobs that nothing needs any more.

        Call it after images or containers were removed. Idempotent.
        """
        collect.collect(self.layout, self.records, self._in_use)

    def recover(self) -> None:
        """Clear what killed processes left behind; parts of blobs stay a day, to be resumed."""
        collect.recover(self.layout, now=time.time())

    def _write_blob(self, blob_digest: str, data: bytes) -> None:
        path = self.layout.blob(blob_digest)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            atomic.write(path, data)

    def _size(self, new: NewImage, chain: Iterable[str]) -> int:
        found = [layer.read(self.layout, chain_id) for chain_id in chain]
        return len(new.config_data) + sum(record.used_bytes for record in found if record)


def merge(
    records: Mapping[str, ImageRecord], new: NewImage, chain: tuple[str, ...], size_bytes: int
) -> ImageRecord:
    """Make the record of a new image, or add its names to the one there is."""
    old = records.get(new.id) or ImageRecord(new.id)
    stamp = 1 + max((s for record in records.values() for s in record.tags.values()), default=0)
    return ImageRecord(
        id=new.id,
        tags={**old.tags, **dict.fromkeys(new.tags, stamp)},
        digests=tuple(dict.fromkeys((*old.digests, *new.digests))),
        chain=chain,
        blobs=tuple(dict.fromkeys((*old.blobs, *new.blobs))),
        size_bytes=size_bytes,
        user=new.config["config"].get("User", ""),
        pinned=old.pinned,
    )
