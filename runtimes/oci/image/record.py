"""One small JSON file per image: all that lists and look-ups need, without its configuration.

A tag is stamped with a number that grows with every change of the store. If a crash leaves a tag
in two records, the higher stamp has it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from runtimes.core import errors
from runtimes.oci.image import digest

_VERSION = 1


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """What is known of a stored image.

    Attributes:
        id: the digest of its configuration.
        tags: full references with a tag, and their stamps.
        digests: full references by digest, as pulled.
        chain: chain ids of the layers, bottom first.
        blobs: digests of its manifests, beside the configuration.
        size_bytes: what the unpacked layers and the configuration take.
        user: `config.User`.
        pinned: never to be removed.
    """

    id: str
    tags: dict[str, int] = field(default_factory=dict)
    digests: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()
    size_bytes: int = 0
    user: str = ""
    pinned: bool = False

    @property
    def references(self) -> tuple[str, ...]:
        """All its names, tags first."""
        return (*sorted(self.tags), *self.digests)


def encode(record: ImageRecord) -> bytes:
    """Write a record as JSON."""
    fields = {
        "version": _VERSION,
        "id": record.id,
        "tags": record.tags,
        "digests": record.digests,
        "chain": record.chain,
        "blobs": record.blobs,
        "size_bytes": record.size_bytes,
        "user": record.user,
        "pinned": record.pinned,
    }
    return json.dumps(fields, indent=1).encode()


def decode(data: bytes) -> ImageRecord:
    """Read a record.

    Raises:
        DataLoss: it is damaged, or written by a later version.
    """
    try:
        raw = json.loads(data)
        if raw["version"] != _VERSION:
            raise errors.DataLoss(f"read an image record: it has version {raw['version']}")
        return ImageRecord(
            id=digest.check(raw["id"], what="read an image record"),
            tags={str(tag): int(stamp) for tag, stamp in raw["tags"].items()},
            digests=tuple(raw["digests"]),
            chain=tuple(digest.check(chain, what="read a chain") for chain in raw["chain"]),
            blobs=tuple(digest.check(blob, what="read a blob") for blob in raw["blobs"]),
            size_bytes=int(raw["size_bytes"]),
            user=str(raw["user"]),
            pinned=bool(raw["pinned"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, errors.InvalidArgument) as error:
        raise errors.DataLoss(f"read an image record: it is damaged: {error}") from error
