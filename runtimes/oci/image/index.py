"""All image records of a store: read rarely, changed one at a time, found by any of their names."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.oci.image import atomic, digest
from runtimes.oci.image.record import ImageRecord, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

logger = logging.getLogger(__name__)

_SUFFIX = ".json"
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class _Cached:
    state: tuple[int, int, int]
    record: ImageRecord | None


class RecordIndex:
    """Reads each record once for as long as its file stays the same.

    Writers replace files, so inode, size and mtime tell whether one is still the same.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache: dict[str, _Cached] = {}
        self._lock = threading.Lock()

    def read(self) -> dict[str, ImageRecord]:
        """Return the records by id, each tag in one record only. Damaged ones are left out."""
        with self._lock:
            fresh = {}
            for entry in os.scandir(self._folder):
                if not entry.name.endswith(_SUFFIX):
                    continue
                try:
                    fresh[entry.name] = self._load(entry)
                except FileNotFoundError:
                    continue
            self._cache = fresh
            found = [cached.record for cached in fresh.values() if cached.record is not None]
        return settle_tags(found)

    def write(self, record: ImageRecord) -> None:
        """Create or replace a record; the caller holds the store's lock."""
        atomic.write(self._path(record.id), encode(record))

    def delete(self, image_id: str) -> None:
        """Remove a record for good; the caller holds the store's lock."""
        atomic.remove(self._path(image_id))

    def _path(self, image_id: str) -> Path:
        algorithm, _, encoded = image_id.partition(":")
        return self._folder / f"{algorithm}-{encoded}{_SUFFIX}"

    def _load(self, entry: os.DirEntry[str]) -> _Cached:
        status = entry.stat()
        state = (status.st_ino, status.st_size, status.st_mtime_ns)
        known = self._cache.get(entry.name)
        if known is not None and known.state == state:
            return known
        data = Path(entry.path).read_bytes()
        try:
            return _Cached(state, decode(data))
        except errors.DataLoss as error:
            logger.warning("image record ignored path=%s error=%s", entry.path, error)
            return _Cached(state, None)


def settle_tags(records: Iterable[ImageRecord]) -> dict[str, ImageRecord]:
    """Leave each tag to the record that took it last."""
    records = list(records)
    owner: dict[str, tuple[int, str]] = {}
    for record in records:
        for tag, stamp in record.tags.items():
            owner[tag] = max(owner.get(tag, (-1, "")), (stamp, record.id))
    return {record.id: _keep_own_tags(record, owner) for record in records}


def _keep_own_tags(record: ImageRecord, owner: Mapping[str, tuple[int, str]]) -> ImageRecord:
    own = {tag: stamp for tag, stamp in record.tags.items() if owner[tag][1] == record.id}
    return record if len(own) == len(record.tags) else replace(record, tags=own)


def find(records: Mapping[str, ImageRecord], text: str) -> ImageRecord | None:
    """Find an image by id, manifest digest, reference or unique beginning of its id, in this order.

    Raises:
        InvalidArgument: several ids begin like this, or `text` can't name an image.
    """
    if not text:
        raise errors.InvalidArgument("find an image: its name is empty")
    by_id = records.get(text) or records.get(f"sha256:{text}")
    if by_id is not None:
        return by_id
    if digest.is_digest(text):
        return next((record for record in records.values() if text in record.blobs), None)
    by_name = _by_reference(records.values(), text)
    return by_name or _by_prefix(records, text.removeprefix("sha256:"))


def _by_reference(records: Iterable[ImageRecord], text: str) -> ImageRecord | None:
    if text.startswith("sha256:") or digest.is_digest(f"sha256:{text}"):
        return None
    reference = image_ref.parse(text)
    if reference.digest:
        wanted = f"{reference.name}@{reference.digest}"
        return next((record for record in records if wanted in record.digests), None)
    wanted = str(reference.with_default_tag())
    return next((record for record in records if wanted in record.tags), None)


def _by_prefix(records: Mapping[str, ImageRecord], prefix: str) -> ImageRecord | None:
    if len(prefix) < _SHORTEST_PREFIX:
        return None
    matches = [record for id_, record in records.items() if digest.encoded(id_).startswith(prefix)]
    if len(matches) > 1:
        raise errors.InvalidArgument(
            f"find image '{prefix}': {len(matches)} ids begin like this; give more of it"
        )
    return matches[0] if matches else None
