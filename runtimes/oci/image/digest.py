"""Digests: ``sha256:`` or ``sha512:`` and lower-case hexadecimal digits, nothing else.

They become file names, so everything that came from outside passes `check` first.

Source: OCI image-spec descriptor.md, digests and registered algorithms.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from hashlib import _Hash

_LENGTHS = {"sha256": 64, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+")


def is_digest(text: str) -> bool:
    algorithm, _, encoded = text.partition(":")
    return _LENGTHS.get(algorithm) == len(encoded) and bool(_HEX.fullmatch(encoded))


def check(text: object, *, what: str) -> str:
    """Return `text` if it is a digest.

    Raises:
        InvalidArgument: it isn't; the message starts with `what`.
    """
    if isinstance(text, str) and is_digest(text):
        return text
    raise errors.InvalidArgument(f"{what}: {text!r:.100} is no sha256 or sha512 digest")


def encoded(digest: str) -> str:
    """Return the hexadecimal part."""
    return digest.partition(":")[2]


def short(digest: str) -> str:
    """Return the twelve digits that people are shown."""
    return encoded(digest)[:12]


def of(data: bytes) -> str:
    import hashlib

    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def hasher(digest: str) -> _Hash:
    """Return an empty hash of the digest's own algorithm."""
    import hashlib

    return hashlib.new(digest.partition(":")[0])


def verify(data: bytes, digest: str, *, what: str) -> None:
    """Compare bytes in memory with their digest.

    Raises:
        DataLoss: they differ; the message starts with `what`.
    """
    found = hasher(digest)
    found.update(data)
    if found.hexdigest() != encoded(digest):
        raise mismatch(digest, found.hexdigest(), what=what)


def mismatch(wanted: str, found: str, *, what: str) -> errors.DataLoss:
    algorithm = wanted.partition(":")[0]
    return errors.DataLoss(
        f"{what}: its content has the digest {algorithm}:{found} instead of {wanted}"
    )


def chain_ids(diff_ids: Sequence[str]) -> tuple[str, ...]:
    """Name each layer by itself and all below it, bottom first.

    Source: OCI image-spec config.md, Layer ChainID.
    """
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append(of(f"{chain[-1]} {diff_id}".encode()) if chain else diff_id)
    return tuple(chain)
