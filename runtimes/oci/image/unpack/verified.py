"""Check sizes and digests while bytes stream past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.oci.image import digest as digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def verified(
    chunks: Iterable[bytes], digest: str, *, size: int | None = None, what: str
) -> Iterator[bytes]:
    """Yield the chunks; raise at their end, or as soon as there are too many bytes.

    Whoever acts on the chunks must be able to undo it until the iterator is exhausted.

    Raises:
        DataLoss: size or digest differ; the message starts with `what`.
    """
    found = digests.hasher(digest)
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if size is not None and count > size:
            raise errors.DataLoss(f"{what}: it has more than the {size} bytes announced")
        found.update(chunk)
        yield chunk
    if size is not None and count != size:
        raise errors.DataLoss(f"{what}: it has {count} bytes instead of {size}")
    if found.hexdigest() != digests.encoded(digest):
        raise digests.mismatch(digest, found.hexdigest(), what=what)
