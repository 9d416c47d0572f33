r"""Extended headers: what the fixed fields of a tar header can't hold.

    "<length> <key>=<value>\n", the length counting itself and the newline

Source: POSIX.1-2017 pax, "pax Extended Header"; `SCHILY.xattr.` as star and Go write it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runtimes.oci.image.unpack.fields import decimal
from runtimes.oci.image.unpack.limits import BadLayer

if TYPE_CHECKING:
    from runtimes.oci.image.unpack.tar import Entry

_XATTR = "SCHILY.xattr."
_SPARSE = "GNU.sparse."
_LONGEST_LENGTH = 20


def parse(data: bytes) -> dict[str, bytes]:
    """Read the records; a later one of the same key wins, except that sparse maps add up.

    Raises:
        BadLayer: they are malformed.
    """
    records: dict[str, bytes] = {}
    pairs: list[bytes] = []
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + _LONGEST_LENGTH)
        end = at + decimal(data[at:space]) if space > at else at
        record = data[space + 1 : end]
        key, equals, value = record[:-1].partition(b"=")
        if not at < space < end <= len(data) or not equals or record[-1:] != b"\n":
            raise BadLayer("an extended header of the tar archive is malformed")
        at = end
        name = key.decode("utf-8", "surrogateescape")
        if name in (f"{_SPARSE}offset", f"{_SPARSE}numbytes"):
            pairs.append(value)
        else:
            records[name] = value
    if pairs:
        records[f"{_SPARSE}map"] = b",".join(pairs)
    return records


def size(records: dict[str, bytes], otherwise: int) -> int:
    """Return the stored size."""
    return decimal(records["size"]) if records.get("size") else otherwise


def is_sparse(records: dict[str, bytes]) -> bool:
    return f"{_SPARSE}map" in records or records.get(f"{_SPARSE}major") == b"1"


def apply(entry: Entry, records: dict[str, bytes]) -> None:
    """Let the records override the entry's fields; an empty value overrides nothing.

    Raises:
        BadLayer: a number isn't one, or a path holds NUL.
    """
    name = records.get(f"{_SPARSE}name") or records.get("path")
    if name:
        entry.name = _path(name)
    if records.get("linkpath"):
        entry.link = _path(records["linkpath"])
    if records.get("uid"):
        entry.uid = decimal(records["uid"])
    if records.get("gid"):
        entry.gid = decimal(records["gid"])
    if records.get("mtime"):
        entry.mtime_ns = _nanoseconds(records["mtime"])
    entry.xattrs = {
        key.removeprefix(_XATTR): value for key, value in records.items() if key.startswith(_XATTR)
    }


def _path(raw: bytes) -> str:
    if b"\0" in raw:
        raise BadLayer("a path of the tar archive holds NUL")
    return os.fsdecode(raw)


def _nanoseconds(raw: bytes) -> int:
    """Read seconds with a fraction; a time before the epoch or out of range counts as the epoch."""
    if raw.startswith(b"-"):
        return 0
    seconds, _, fraction = raw.partition(b".")
    nanoseconds = decimal((fraction + b"000000000")[:9])
    total = decimal(seconds)
    return total * 1_000_000_000 + nanoseconds if total < 1 << 40 else 0
