"""The fields of tar headers: texts, octal, binary and decimal numbers."""

from __future__ import annotations

import os

from runtimes.oci.image.unpack.limits import BadLayer

_MOST_DIGITS = 20


def number(raw: bytes) -> int:
    """Read a number: octal digits, or GNU's big-endian binary form.

    Raises:
        BadLayer: neither, or negative.
    """
    if raw[0] & 0x80:
        if raw[0] == 0xFF:
            raise BadLayer("a number in a tar header is negative")
        return int.from_bytes(bytes([raw[0] & 0x7F]) + raw[1:], "big")
    text = raw.replace(b"\0", b" ").strip()
    try:
        return int(text, 8) if text else 0
    except ValueError as error:
        raise BadLayer(f"a number in a tar header is {raw!r}") from error


def decimal(raw: bytes) -> int:
    """Read a number of an extended header.

    Raises:
        BadLayer: it isn't one.
    """
    if not raw.isdigit() or len(raw) > _MOST_DIGITS:
        raise BadLayer(f"a number of an extended header is {raw[:40]!r}")
    return int(raw)


def text(raw: bytes) -> str:
    """Read up to the first NUL; any bytes come out on disk as they went in."""
    return os.fsdecode(raw.split(b"\0", 1)[0])
