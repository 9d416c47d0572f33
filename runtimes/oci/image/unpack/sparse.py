"""Sparse files of GNU tar: old GNU headers, and pax forms 0.0, 0.1 and 1.0.

Source: GNU tar manual, "Storing Sparse Files".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.oci.image.unpack.fields import decimal, number
from runtimes.oci.image.unpack.limits import BadLayer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BLOCK = 512
_MOST_EXTENTS = 1 << 20
_IN_HEADER, _IN_EXTENSION = 4, 21


def old_gnu(header: bytes, read: Callable[[int], bytes]) -> tuple[int, list[tuple[int, int]]]:
    """Read the map in the header and in the blocks that `read` returns after it."""
    extents = list(_pairs(header[386:482], _IN_HEADER))
    more = header[482]
    while more:
        block = read(_BLOCK)
        extents += _pairs(block[:504], _IN_EXTENSION)
        more = block[504]
        if len(extents) > _MOST_EXTENTS:
            raise BadLayer("a sparse file has too many pieces")
    return number(header[483:495]), extents


def by_pax(
    records: dict[str, bytes], read_block: Callable[[], bytes]
) -> tuple[int, list[tuple[int, int]]]:
    """Read the map from the records, or (form 1.0) from the blocks before the content."""
    size = decimal(records.get("GNU.sparse.realsize") or records.get("GNU.sparse.size") or b"")
    if "GNU.sparse.map" in records:
        numbers = [decimal(part) for part in records["GNU.sparse.map"].split(b",")]
    else:
        numbers = _leading_numbers(read_block)
    if len(numbers) % 2 or len(numbers) > 2 * _MOST_EXTENTS:
        raise BadLayer("the map of a sparse file is malformed")
    return size, list(zip(numbers[::2], numbers[1::2], strict=True))


def check(extents: list[tuple[int, int]], *, stored: int, size: int) -> None:
    """Refuse a map that overlaps, leaves the file, or doesn't fit what is stored.

    Raises:
        BadLayer: any of these.
    """
    end = 0
    for offset, length in extents:
        if offset < end or offset + length > size:
            raise BadLayer("the map of a sparse file overlaps or leaves the file")
        end = offset + length
    if sum(length for _, length in extents) != stored:
        raise BadLayer("the map of a sparse file doesn't fit its content")


def _leading_numbers(read_block: Callable[[], bytes]) -> list[int]:
    lines = _lines(read_block)
    count = decimal(next(lines))
    if count > _MOST_EXTENTS:
        raise BadLayer("a sparse file has too many pieces")
    return [decimal(next(lines)) for _ in range(2 * count)]


def _lines(read_block: Callable[[], bytes]) -> Iterator[bytes]:
    rest = b""
    while True:
        *whole, rest = (rest + read_block()).split(b"\n")
        yield from whole


def _pairs(raw: bytes, most: int) -> Iterator[tuple[int, int]]:
    for at in range(0, 24 * most, 24):
        if not raw[at]:
            return
        yield number(raw[at : at + 12]), number(raw[at + 12 : at + 24])
